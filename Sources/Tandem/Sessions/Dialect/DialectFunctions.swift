/// PostgreSQL's functions in SQLite's words, and in those of functions that every connection of a node has.
///
/// One line a function: its name, how many arguments it has (`*` for any number), and what it becomes; `$1` … are the
/// arguments, `$*` all of them.
enum DialectFunctions {
    /// Words that PostgreSQL knows as functions without parentheses.
    static let words: [String: String] = [
        "user": "tandem_session('user')", "current_user": "tandem_session('user')",
        "session_user": "tandem_session('user')",
        "current_role": "tandem_session('user')", "current_catalog": "tandem_session('database')",
        "current_schema": "'public'", "localtimestamp": "tandem_now(6)", "current_timestamp": "tandem_now(6)",
        "localtime": "substr(tandem_now(6), 12)",
    ]

    static func template(of name: String, arguments: Int) -> String? {
        templates["\(name)/\(arguments)"] ?? templates["\(name)/*"]
    }

    /// The functions' names.
    static let names = Set(templates.keys.compactMap { $0.split(separator: "/").first.map(String.init) })

    private static let templates: [String: String] = {
        var templates: [String: String] = [:]
        let all = everyday + patterns + datetimes + session + locks + catalog + sizes + arrays
        for line in all.split(separator: "\n") {
            guard let equals = line.firstRange(of: " = ") else { continue }
            for name in line[..<equals.lowerBound].split(separator: " ") {
                templates[String(name)] = String(line[equals.upperBound...])
            }
        }
        return templates
    }()

    private static let everyday = """
        now/0 transaction_timestamp/0 statement_timestamp/0 = tandem_now(6)
        clock_timestamp/0 = tandem_clock(6)
        greatest/* = tandem_greatest($*)
        least/* = tandem_least($*)
        char_length/1 character_length/1 = length($1)
        strpos/2 = instr($1, $2)
        left/2 = tandem_left($1, $2)
        right/2 = tandem_right($1, $2)
        concat/* = tandem_concat($*)
        concat_ws/* = tandem_concat_ws($*)
        lpad/2 = tandem_lpad($1, $2, ' ')
        lpad/3 = tandem_lpad($1, $2, $3)
        rpad/2 = tandem_rpad($1, $2, ' ')
        rpad/3 = tandem_rpad($1, $2, $3)
        split_part/3 = tandem_split_part($1, $2, $3)
        initcap/1 = tandem_initcap($1)
        reverse/1 = tandem_reverse($1)
        repeat/2 = tandem_repeat($1, $2)
        translate/3 = tandem_translate($1, $2, $3)
        starts_with/2 = (substr($1, 1, length($2)) = $2)
        chr/1 = char($1)
        ascii/1 = unicode($1)
        btrim/1 = trim($1)
        btrim/2 = trim($1, $2)
        to_hex/1 = printf('%x', $1)
        octet_length/1 = length(CAST($1 AS BLOB))
        encode/2 = tandem_encode($1, $2)
        decode/2 = tandem_decode($1, $2)
        convert_from/2 = tandem_convert_from(tandem_bytea($1), $2)
        convert_to/2 = tandem_convert_to($1, $2)
        md5/1 = tandem_md5($1)
        sha256/1 = tandem_sha256($1)
        hashtext/1 = tandem_hashtext($1)
        hashtextextended/2 = tandem_hashtextextended($1, $2)
        mod/2 = tandem_mod($1, $2)
        div/2 = CAST($1 / $2 AS INTEGER)
        lastval/0 = CASE last_insert_rowid() WHEN 0 THEN tandem_session('no lastval') ELSE last_insert_rowid() END
        setval/2 setval/3 = $2
        string_agg/2 = group_concat($1, $2)
        bool_and/1 every/1 = min($1)
        bool_or/1 = max($1)
        json_build_object/* jsonb_build_object/* = json_object($*)
        json_build_array/* jsonb_build_array/* = json_array($*)
        json_agg/1 jsonb_agg/1 array_agg/1 = json_group_array($1)
        json_object_agg/2 jsonb_object_agg/2 = json_group_object($1, $2)
        json_typeof/1 jsonb_typeof/1 = tandem_json_type($1)
        jsonb_array_length/1 = json_array_length($1)
        variance/1 var_samp/1 = tandem_var_samp($1)
        var_pop/1 = tandem_var_pop($1)
        stddev/1 stddev_samp/1 = tandem_stddev_samp($1)
        stddev_pop/1 = tandem_stddev_pop($1)
        gen_random_uuid/0 = tandem_uuid()
        quote_ident/1 = tandem_quote_ident($1)
        quote_literal/1 quote_nullable/1 = quote($1)

        """

    private static let patterns = """
        regexp_like/2 regexp_like/3 = tandem_regexp_like($*)
        regexp_count/2 regexp_count/3 regexp_count/4 = tandem_regexp_count($*)
        regexp_match/2 regexp_match/3 = tandem_regexp_match($*)
        regexp_split_to_array/2 regexp_split_to_array/3 = tandem_regexp_split($*)
        regexp_substr/2 regexp_substr/3 regexp_substr/4 regexp_substr/5 regexp_substr/6 = tandem_regexp_substr($*)
        regexp_replace/3 regexp_replace/4 regexp_replace/5 regexp_replace/6 = tandem_regexp_replace($*)

        """

    private static let datetimes = """
        date_trunc/2 = tandem_date_trunc($1, $2)
        age/1 = tandem_age(date('now'), $1)
        age/2 = tandem_age($1, $2)
        to_char/2 = tandem_to_char($1, $2)
        to_date/2 = tandem_to_date($1, $2)
        to_timestamp/1 = tandem_from_epoch($1)
        to_timestamp/2 = tandem_to_timestamp($1, $2)
        make_date/3 = tandem_make_date($1, $2, $3)
        make_time/3 = tandem_make_time($1, $2, $3)
        make_timestamp/6 = tandem_make_timestamp($1, $2, $3, $4, $5, $6)
        justify_days/1 = tandem_justify('days', $1)
        justify_hours/1 = tandem_justify('hours', $1)
        justify_interval/1 = tandem_justify('interval', $1)
        isfinite/1 = tandem_isfinite($1)

        """

    private static let session = """
        version/0 = tandem_session('version')
        current_database/0 current_catalog/0 = tandem_session('database')
        current_schema/0 = 'public'
        current_schemas/1 = CASE WHEN $1 THEN '["pg_catalog","public"]' ELSE '["public"]' END
        current_setting/1 = tandem_session('setting:' || $1)
        current_setting/2 = tandem_session(CASE WHEN $2 THEN 'setting?:' ELSE 'setting:' END || $1)
        set_config/3 = tandem_session(CASE WHEN $3 THEN 'set local:' ELSE 'set:' END || $1 || '=' || coalesce($2, ''))
        pg_sleep/1 = tandem_sleep($1)
        pg_backend_pid/0 = CAST(tandem_session('pid') AS INTEGER)
        pg_cancel_backend/1 = CAST(tandem_session('cancel:' || $1) AS INTEGER)
        pg_terminate_backend/1 = CAST(tandem_session('terminate:' || $1) AS INTEGER)
        pg_is_in_recovery/0 = CAST(tandem_session('recovery') AS INTEGER)
        pg_is_wal_replay_paused/0 = 0
        pg_get_wal_replay_pause_state/0 = 'not paused'
        pg_walfile_name/1 = tandem_session('log file:' || ($1))
        pg_blocking_pids/1 = tandem_session('blocking:' || ($1))
        pg_stat_reset/0 = tandem_session('statistics reset')
        pg_current_wal_lsn/0 pg_current_wal_insert_lsn/0 pg_current_wal_flush_lsn/0 = tandem_session('current_lsn')
        pg_last_wal_replay_lsn/0 = tandem_session('replay_lsn')
        pg_last_wal_receive_lsn/0 = tandem_session('receive_lsn')
        pg_last_xact_replay_timestamp/0 = tandem_session('replay_time')
        pg_lsn/1 = tandem_lsn($1)
        pg_wal_lsn_diff/2 = tandem_lsn_diff($1, $2)
        pg_postmaster_start_time/0 pg_conf_load_time/0 = tandem_session('start_time')
        inet_client_addr/0 = tandem_session('client address')
        inet_client_port/0 = CAST(tandem_session('client port') AS INTEGER)
        inet_server_addr/0 = tandem_session('server address')
        inet_server_port/0 = CAST(tandem_session('server port') AS INTEGER)
        txid_current_if_assigned/0 pg_current_xact_id_if_assigned/0 = NULL
        pg_my_temp_schema/0 = 0
        pg_is_other_temp_schema/1 = 0
        pg_get_userbyid/1 = tandem_session('user')
        pg_encoding_to_char/1 = 'UTF8'
        getdatabaseencoding/0 = 'UTF8'
        pg_char_to_encoding/1 = 6
        pg_has_role/2 pg_has_role/3 has_database_privilege/2 has_database_privilege/3 has_schema_privilege/2 = 1
        has_schema_privilege/3 has_table_privilege/2 has_table_privilege/3 has_any_column_privilege/2 = 1
        has_column_privilege/3 has_function_privilege/2 has_sequence_privilege/2 has_tablespace_privilege/2 = 1
        has_any_column_privilege/3 has_column_privilege/4 has_function_privilege/3 has_sequence_privilege/3 = 1
        has_tablespace_privilege/3 has_language_privilege/2 has_language_privilege/3 has_type_privilege/2 = 1
        has_type_privilege/3 = 1

        """

    private static let locks = """
        pg_advisory_lock/1 = tandem_session('lock:advisory_lock:' || ($1))
        pg_advisory_lock/2 = tandem_session('lock:advisory_lock:' || ($1) || ',' || ($2))
        pg_advisory_lock_shared/1 = tandem_session('lock:advisory_lock_shared:' || ($1))
        pg_advisory_lock_shared/2 = tandem_session('lock:advisory_lock_shared:' || ($1) || ',' || ($2))
        pg_advisory_xact_lock/1 = tandem_session('lock:advisory_xact_lock:' || ($1))
        pg_advisory_xact_lock/2 = tandem_session('lock:advisory_xact_lock:' || ($1) || ',' || ($2))
        pg_advisory_xact_lock_shared/1 = tandem_session('lock:advisory_xact_lock_shared:' || ($1))
        pg_advisory_xact_lock_shared/2 = tandem_session('lock:advisory_xact_lock_shared:' || ($1) || ',' || ($2))
        pg_try_advisory_lock/1 = CAST(tandem_session('lock:try_advisory_lock:' || ($1)) AS INTEGER)
        pg_try_advisory_lock/2 = CAST(tandem_session('lock:try_advisory_lock:' || ($1) || ',' || ($2)) AS INTEGER)
        pg_try_advisory_lock_shared/1 = CAST(tandem_session('lock:try_advisory_lock_shared:' || ($1)) AS INTEGER)
        pg_try_advisory_lock_shared/2 = CAST(tandem_session('lock:try_advisory_lock_shared:' || ($1) || ',' || ($2)) AS INTEGER)
        pg_try_advisory_xact_lock/1 = CAST(tandem_session('lock:try_advisory_xact_lock:' || ($1)) AS INTEGER)
        pg_try_advisory_xact_lock/2 = CAST(tandem_session('lock:try_advisory_xact_lock:' || ($1) || ',' || ($2)) AS INTEGER)
        pg_try_advisory_xact_lock_shared/1 = CAST(tandem_session('lock:try_advisory_xact_lock_shared:' || ($1)) AS INTEGER)
        pg_try_advisory_xact_lock_shared/2 = CAST(tandem_session('lock:try_advisory_xact_lock_shared:' || ($1) || ',' || ($2)) AS INTEGER)
        pg_advisory_unlock/1 = CAST(tandem_session('lock:advisory_unlock:' || ($1)) AS INTEGER)
        pg_advisory_unlock/2 = CAST(tandem_session('lock:advisory_unlock:' || ($1) || ',' || ($2)) AS INTEGER)
        pg_advisory_unlock_shared/1 = CAST(tandem_session('lock:advisory_unlock_shared:' || ($1)) AS INTEGER)
        pg_advisory_unlock_shared/2 = CAST(tandem_session('lock:advisory_unlock_shared:' || ($1) || ',' || ($2)) AS INTEGER)
        pg_advisory_unlock_all/0 = tandem_session('lock:advisory_unlock_all')

        """

    private static let catalog = """
        format_type/2 = tandem_format_type($1, $2)
        to_regtype/1 = tandem_regtype_oid($1)
        to_regclass/1 = (SELECT tandem_o FROM _tandem_names WHERE tandem_n = tandem_name($1))
        to_regnamespace/1 = tandem_regnamespace($1)
        pg_get_expr/2 pg_get_expr/3 = $1
        pg_table_is_visible/1 pg_type_is_visible/1 pg_function_is_visible/1 pg_operator_is_visible/1 = 1
        pg_collation_is_visible/1 pg_conversion_is_visible/1 pg_opclass_is_visible/1 pg_opfamily_is_visible/1 = 1
        pg_statistics_obj_is_visible/1 pg_ts_config_is_visible/1 pg_ts_dict_is_visible/1 pg_ts_parser_is_visible/1 = 1
        pg_ts_template_is_visible/1 = 1
        pg_get_indexdef/1 = (SELECT tandem_d FROM _tandem_indexes WHERE tandem_o = CAST($1 AS INTEGER))
        pg_get_indexdef/3 = (SELECT CASE WHEN $2 = 0 THEN tandem_d ELSE json_extract(tandem_e, '$[' || ($2 - 1) || ']') END FROM _tandem_indexes WHERE tandem_o = CAST($1 AS INTEGER))
        pg_get_constraintdef/1 pg_get_constraintdef/2 = (SELECT tandem_d FROM _tandem_constraints WHERE tandem_o = CAST($1 AS INTEGER))
        pg_get_viewdef/1 pg_get_viewdef/2 = (SELECT tandem_d FROM _tandem_views WHERE tandem_o = CAST($1 AS INTEGER))
        pg_get_triggerdef/1 pg_get_triggerdef/2 = (SELECT tandem_d FROM _tandem_triggers WHERE tandem_o = CAST($1 AS INTEGER))
        currval/1 = CAST(tandem_session('currval:' || coalesce((SELECT tandem_t FROM _tandem_sequences WHERE tandem_o = $1 OR tandem_s = tandem_name($1) COLLATE NOCASE), '') || char(31) || tandem_name(CAST($1 AS TEXT))) AS INTEGER)
        pg_get_serial_sequence/2 = (SELECT tandem_n FROM _tandem_sequences WHERE tandem_t = tandem_name($1) AND tandem_c = $2)
        pg_get_ruledef/1 pg_get_ruledef/2 pg_get_functiondef/1 pg_get_function_result/1 pg_get_function_sqlbody/1 = NULL
        pg_get_function_arguments/1 pg_get_function_identity_arguments/1 pg_get_partkeydef/1 = NULL
        pg_get_statisticsobjdef_columns/1 pg_tablespace_location/1 pg_relation_filenode/1 pg_stat_get_numscans/1 = NULL
        pg_get_function_arg_default/2 pg_get_partition_constraintdef/1 pg_relation_filepath/1 acldefault/2 = NULL
        obj_description/1 obj_description/2 shobj_description/2 col_description/2 = NULL
        pg_partition_ancestors/1 = CAST($1 AS INTEGER)
        pg_relation_is_publishable/1 = 0
        pg_stat_get_last_vacuum_time/1 pg_stat_get_last_autovacuum_time/1 pg_stat_get_last_analyze_time/1 = NULL
        pg_stat_get_last_autoanalyze_time/1 = NULL
        pg_database_size/1 = (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)
        pg_tablespace_size/1 = CASE WHEN CAST($1 AS TEXT) IN ('1664', 'pg_global') THEN 0 ELSE (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) END
        pg_size_pretty/1 = tandem_size_pretty($1)

        """

    /// Of a table or an index by its number or its name.
    private static let sizes: String = {
        let object =
            "CASE WHEN CAST($1 AS TEXT) NOT GLOB '*[^0-9]*' THEN CAST($1 AS INTEGER) "
            + "ELSE (SELECT tandem_o FROM _tandem_names WHERE tandem_n = tandem_name($1)) END"
        let own = "(SELECT \(TreeSize.sql) FROM _tandem_sizes WHERE tandem_o = \(object))"
        func sum(_ condition: String) -> String {
            "(SELECT sum(\(TreeSize.sql)) FROM _tandem_sizes WHERE tandem_t = \(object)\(condition))"
        }
        return """
            pg_relation_size/1 pg_table_size/1 = \(own)
            pg_relation_size/2 = CASE WHEN $2 = 'main' THEN \(own) ELSE 0 END
            pg_indexes_size/1 = coalesce(\(sum(" AND tandem_o <> tandem_t")), 0)
            pg_total_relation_size/1 = CASE WHEN \(object) IN (SELECT tandem_t FROM _tandem_sizes) THEN \(sum("")) ELSE \(own) END

            """
    }()

    private static let arrays = """
        array_to_string/2 array_to_string/3 = tandem_array_to_string($1, $2)
        array_upper/2 array_length/2 = nullif(json_array_length(tandem_array($1)), 0)
        cardinality/1 = json_array_length(tandem_array($1))
        array_lower/2 = 1
        string_to_array/2 = tandem_string_to_array($1, $2)
        string_to_array/3 = tandem_string_to_array($1, $2, $3)
        array_remove/2 = tandem_array_remove($1, $2)
        array_append/2 = json_insert(tandem_array($1), '$[#]', $2)

        """
}
