// pg_proc: the functions that a statement can call, by either name.
extension Catalog {
    /// SQLite's functions, and PostgreSQL's that are translated.
    ///
    /// `provolatile` decides where a router such as pgpool-II sends a query: one that calls a volatile function, which may
    /// change something or tell of its own node, goes to the primary.
    static let functions = CatalogRows(
        """
        (SELECT name, max(type) AS type, min(rowid) AS number, CASE WHEN name IN (\(list(volatileNames))) THEN 'v' \
        WHEN max(type) IN ('a', 'w') OR min(flags & 2048) THEN 'i' ELSE 's' END AS volatility FROM pragma_function_list \
        WHERE name NOT LIKE 'tandem\\_%' ESCAPE '\\' GROUP BY name UNION ALL \
        SELECT column1, column2, column3, column4 FROM (VALUES \(translated)) \
        WHERE column1 NOT IN (SELECT name FROM pragma_function_list)) AS f
        """,
        [
            "oid": "100000 + f.number", "proname": "f.name", "pronamespace": "11", "proowner": "10", "prolang": "12",
            "prokind": "CASE f.type WHEN 'a' THEN 'a' WHEN 'w' THEN 'w' ELSE 'f' END", "prorettype": "25",
            "provolatile": "f.volatility", "proparallel": "'u'", "proargtypes": "''",
        ])

    /// Those that are written with words between their arguments, or answered with an error.
    private static let special = ["date_part", "make_interval", "nextval", "overlay", "position", "substring"]

    private static let aggregates: Set<String> = [
        "array_agg", "bool_and", "bool_or", "every", "json_agg", "json_object_agg", "jsonb_agg", "jsonb_object_agg",
        "stddev", "stddev_pop", "stddev_samp", "string_agg", "var_pop", "var_samp", "variance",
    ]

    /// Volatile functions, as PostgreSQL has them in its pg_proc, but for those of advisory locks.
    private static let volatileNames: Set<String> = [
        "changes", "clock_timestamp", "currval", "gen_random_uuid", "last_insert_rowid", "lastval", "load_extension",
        "nextval", "pg_cancel_backend", "pg_current_wal_flush_lsn", "pg_current_wal_insert_lsn", "pg_current_wal_lsn",
        "pg_database_size", "pg_indexes_size", "pg_is_in_recovery", "pg_is_wal_replay_paused",
        "pg_last_wal_receive_lsn",
        "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp", "pg_relation_size", "pg_sleep", "pg_table_size",
        "pg_terminate_backend", "pg_total_relation_size", "random", "randomblob", "set_config", "setval",
        "total_changes",
    ]

    /// The rows of PostgreSQL's: name, kind, number, volatility.
    private static let translated: String = {
        let names = DialectFunctions.names.union(special).sorted()
        return names.enumerated().map { number, name in
            let isVolatile = volatileNames.contains(name) || name.contains("_advisory_")
            let kind = aggregates.contains(name) ? "a" : "s"
            return "('\(name)', '\(kind)', \(10_000 + number), '\(isVolatile ? "v" : "s")')"
        }.joined(separator: ", ")
    }()

    private static func list(_ names: Set<String>) -> String {
        names.sorted().map { "'\($0)'" }.joined(separator: ", ")
    }
}
