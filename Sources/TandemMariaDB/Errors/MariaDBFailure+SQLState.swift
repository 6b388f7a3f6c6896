import CMariaDB
import TandemTransactions

extension MariaDBFailure {
    /// The SQLSTATE that PostgreSQL has for the failure: MariaDB's own says `HY000` or `42000` of most.
    static func sqlState(_ report: Report) -> String {
        // What could not be sent was not done.
        if report.number == UInt32(CR_SERVER_GONE_ERROR) { return DatabaseError.notSent }
        if report.isOfLibrary { return "08006" }
        if report.number == UInt32(ER_OPTION_PREVENTS_STATEMENT), !report.isOfReadOnlyServer { return "0A000" }
        if report.number == UInt32(ER_SP_DOES_NOT_EXIST), report.message.hasPrefix("SAVEPOINT") { return "3B001" }
        return states[Int32(bitPattern: report.number)] ?? (report.state == "42000" ? "42601" : report.state)
    }

    private static let states: [Int32: String] = constraints.merging(transactions) { $1 }.merging(statements) { $1 }
        .merging(values) { $1 }.merging(servers) { $1 }

    private static let constraints = [
        ER_DUP_ENTRY: "23505", ER_DUP_KEY: "23505", ER_DUP_UNIQUE: "23505", ER_DUP_ENTRY_WITH_KEY_NAME: "23505",
        ER_BAD_NULL_ERROR: "23502", ER_NO_DEFAULT_FOR_FIELD: "23502",
        ER_ROW_IS_REFERENCED: "23503", ER_ROW_IS_REFERENCED_2: "23503", ER_NO_REFERENCED_ROW: "23503",
        ER_NO_REFERENCED_ROW_2: "23503", ER_CONSTRAINT_FAILED: "23514", 3819: "23514",
    ]

    private static let transactions = [
        ER_OPTION_PREVENTS_STATEMENT: "25006", ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: "25006",
        ER_READ_ONLY_MODE: "25006", ER_OPEN_AS_READONLY: "25006",
        ER_LOCK_DEADLOCK: "40P01", ER_XA_RBDEADLOCK: "40P01", ER_LOCK_WAIT_TIMEOUT: "55P03", ER_CHECKREAD: "40001",
        ER_CANT_CHANGE_TX_CHARACTERISTICS: "25001",
        ER_QUERY_INTERRUPTED: "57014", ER_STATEMENT_TIMEOUT: "57014", ER_FILSORT_ABORT: "57014", 3024: "57014",
    ]

    private static let statements = [
        ER_PARSE_ERROR: "42601", ER_SYNTAX_ERROR: "42601", ER_EMPTY_QUERY: "42601", ER_WRONG_VALUE_COUNT: "42601",
        ER_WRONG_VALUE_COUNT_ON_ROW: "42601", ER_NO_SUCH_TABLE: "42P01", ER_BAD_TABLE_ERROR: "42P01",
        ER_UNKNOWN_TABLE: "42P01", ER_BAD_FIELD_ERROR: "42703", ER_KEY_COLUMN_DOES_NOT_EXIST: "42703",
        ER_NON_UNIQ_ERROR: "42702", ER_TABLE_EXISTS_ERROR: "42P07", ER_DUP_FIELDNAME: "42701", ER_DUP_KEYNAME: "42P07",
        ER_CANT_DROP_FIELD_OR_KEY: "42704", ER_SP_DOES_NOT_EXIST: "42883", ER_WRONG_FIELD_WITH_GROUP: "42803",
        ER_INVALID_GROUP_FUNC_USE: "42803", ER_NO_DB_ERROR: "3D000", ER_BAD_DB_ERROR: "3D000",
        ER_SUBQUERY_NO_1_ROW: "21000", ER_UNSUPPORTED_PS: "0A000", ER_NOT_SUPPORTED_YET: "0A000",
        ER_TABLEACCESS_DENIED_ERROR: "42501", ER_COLUMNACCESS_DENIED_ERROR: "42501",
        ER_SPECIFIC_ACCESS_DENIED_ERROR: "42501", ER_PROCACCESS_DENIED_ERROR: "42501",
    ]

    private static let values = [
        ER_WARN_DATA_OUT_OF_RANGE: "22003", ER_DATA_OUT_OF_RANGE: "22003", ER_DATA_TOO_LONG: "22001",
        ER_TRUNCATED_WRONG_VALUE: "22007", ER_TRUNCATED_WRONG_VALUE_FOR_FIELD: "22P02", ER_WRONG_VALUE: "22007",
        WARN_DATA_TRUNCATED: "22P02", ER_WRONG_VALUE_FOR_TYPE: "22007", ER_DIVISION_BY_ZERO: "22012",
        ER_NET_PACKET_TOO_LARGE: "54000",
    ]

    private static let servers = [
        ER_ACCESS_DENIED_ERROR: "28P01", ER_ACCESS_DENIED_NO_PASSWORD_ERROR: "28P01", ER_DBACCESS_DENIED_ERROR: "28000",
        ER_CON_COUNT_ERROR: "53300", ER_TOO_MANY_USER_CONNECTIONS: "53300", ER_USER_LIMIT_REACHED: "53300",
        ER_HOST_IS_BLOCKED: "53300", ER_MAX_PREPARED_STMT_COUNT_REACHED: "53400", ER_OUT_OF_RESOURCES: "53200",
        ER_OUTOFMEMORY: "53200", ER_DISK_FULL: "53100", ER_RECORD_FILE_FULL: "53100",
        ER_SERVER_SHUTDOWN: "57P01", ER_NORMAL_SHUTDOWN: "57P01", ER_CONNECTION_KILLED: "57P01",
    ]
}
