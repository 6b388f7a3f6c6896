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
        /// An array of what its argument is.
        case array
        /// A moment as its second argument, whose date is a moment, too.
        case truncated
        /// The integers or moments of a series.
        case series
        /// Bytes of bytes, text of all else.
        case joined
        /// An element of the array that its argument is.
        case element
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
            count length octet_length char_length instr unicode changes total_changes last_insert_rowid random row_number generate_series \
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
            strftime group_concat concat concat_ws soundex sqlite_version json json_array json_object json_set \
            json_insert json_replace json_remove json_patch json_group_array json_group_object json_quote json_type \
            tandem_outcome version current_database current_schema highlight snippet
            """)
        add(
            .always(.text),
            """
            left right lpad rpad split_part initcap reverse repeat translate chr btrim to_hex encode md5 overlay to_char
            """)
        add(.always(.text), "regexp_replace regexp_substr regexp_split_to_table pg_typeof")
        add(.always(PostgresType.text.array), "regexp_match regexp_matches regexp_split_to_array string_to_array")
        add(.always(.int8), "regexp_count")
        add(.always(.bytea), "zeroblob randomblob decode sha256")
        add(.always(.int8), "strpos position ascii lastval setval currval")
        add(.always(.bool), "starts_with isfinite regexp_like")
        add(.always(.interval), "age make_interval justify_days justify_hours justify_interval")
        add(.always(.date), "to_date make_date")
        add(.always(.timestamptz), "to_timestamp")
        add(.always(.timestamp), "make_timestamp")
        add(.always(.time), "make_time")
        add(.always(.numeric), "extract")
        add(.always(.float8), "date_part")
        add(.truncated, "date_trunc")
        add(.series, "generate_series")
        add(.common, "mod")
        add(.always(.timestamptz), "now transaction_timestamp statement_timestamp clock_timestamp current_timestamp")
        add(.always(.timestamp), "localtimestamp")
        add(
            .first,
            "abs lag lead first_value last_value nth_value nullif likely unlikely likelihood ceil ceiling floor trunc")
        add(.common, "min max coalesce ifnull")
        add(.commonButFirst, "iif")
        add(.sum, "sum")
        add(.array, "array array_agg")
        add(.joined, "string_agg")
        add(.element, "unnest")
        add(
            .always(.bool),
            """
            pg_is_in_recovery pg_is_wal_replay_paused pg_table_is_visible pg_type_is_visible pg_function_is_visible \
            has_any_column_privilege has_function_privilege has_sequence_privilege has_tablespace_privilege \
            has_language_privilege has_type_privilege pg_has_role has_table_privilege has_schema_privilege has_database_privilege has_column_privilege \
            pg_relation_is_publishable pg_is_other_temp_schema pg_cancel_backend pg_terminate_backend
            """)
        add(
            .always(.bool),
            """
            pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared \
            pg_advisory_unlock pg_advisory_unlock_shared
            """)
        add(.always(.int4), "pg_backend_pid hashtext inet_client_port inet_server_port")
        add(.always(.text), "inet_client_addr inet_server_addr")
        add(.always(.int8), "hashtextextended")
        add(.always(.timestamptz), "pg_last_xact_replay_timestamp pg_postmaster_start_time pg_conf_load_time")
        add(.always(.numeric), "pg_wal_lsn_diff")
        add(
            .always(.pgLSN),
            """
            pg_current_wal_lsn pg_current_wal_insert_lsn pg_current_wal_flush_lsn pg_last_wal_replay_lsn \
            pg_last_wal_receive_lsn pg_lsn
            """)
        add(
            .always(.text),
            """
            current_setting format_type pg_get_expr pg_get_indexdef pg_get_constraintdef pg_get_viewdef pg_get_userbyid \
            obj_description col_description shobj_description quote_ident quote_literal pg_size_pretty \
            pg_encoding_to_char array_to_string to_regtype
            """)
        add(
            .always(.int8),
            """
            pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size pg_database_size pg_tablespace_size
            """)
        add(
            .always(.timestamptz),
            """
            pg_stat_get_last_vacuum_time pg_stat_get_last_autovacuum_time pg_stat_get_last_analyze_time \
            pg_stat_get_last_autoanalyze_time
            """)
        add(.always(PostgresType.int4.array), "pg_blocking_pids")
        add(.always(.text), "convert_from pg_get_wal_replay_pause_state pg_walfile_name pg_get_functiondef")
        add(.always(.bytea), "convert_to")
        add(.always(.text), "json_typeof jsonb_typeof")
        add(.always(.int8), "jsonb_array_length")
        add(.always(.float8), "variance var_samp var_pop stddev stddev_samp stddev_pop")
        add(.always(.uuid), "gen_random_uuid")
        add(.always(.json), "json_build_object json_build_array json_agg json_object_agg")
        add(.always(.jsonb), "jsonb_build_object jsonb_build_array jsonb_agg jsonb_object_agg")
        add(.common, "greatest least")
        add(.first, "bool_and bool_or every")
        return results
    }()
}
