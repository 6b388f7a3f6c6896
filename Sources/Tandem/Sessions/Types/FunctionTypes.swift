import PostgresWire

/// What SQLite's functions, and those that clients of PostgreSQL call, answer with.
enum FunctionTypes {
    enum Result {
        case always(PostgresType)
        /// As its first argument.
        case first
        /// What its arguments have in common.
        case common
        /// As `common`, but for the first argument.
        case commonButFirst
        /// The sum of its argument.
        case sum
    }

    static func result(of name: String) -> Result? { results[name] }

    private static let results: [String: Result] = {
        var results: [String: Result] = [:]
        func add(_ result: Result, _ names: String) {
            for name in names.split(separator: " ") { results[String(name)] = result }
        }
        add(
            .always(.int8),
            """
            count length octet_length char_length instr unicode changes total_changes last_insert_rowid random row_number \
            rank dense_rank ntile sign unixepoch json_array_length json_valid glob like exists
            """)
        add(
            .always(.float8),
            """
            avg total round julianday sqrt pow power exp ln log log10 log2 sin cos tan asin acos atan atan2 sinh cosh tanh \
            pi radians degrees percent_rank cume_dist
            """)
        add(
            .always(.text),
            """
            lower upper substr substring replace trim ltrim rtrim printf format hex quote typeof char date time datetime \
            strftime group_concat string_agg concat concat_ws soundex sqlite_version json json_array json_object json_set \
            json_insert json_replace json_remove json_patch json_group_array json_group_object json_quote json_type \
            tandem_outcome version current_database current_schema highlight snippet
            """)
        add(.always(.bytea), "zeroblob randomblob")
        add(.always(.timestamptz), "now transaction_timestamp statement_timestamp clock_timestamp current_timestamp")
        add(.always(.timestamp), "localtimestamp")
        add(
            .first,
            "abs lag lead first_value last_value nth_value nullif likely unlikely likelihood ceil ceiling floor trunc")
        add(.common, "min max coalesce ifnull")
        add(.commonButFirst, "iif")
        add(.sum, "sum")
        return results
    }()
}
