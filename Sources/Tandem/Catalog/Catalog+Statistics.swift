// What PostgreSQL counts, as it shows it where it does not count (track_counts is off): 0, NULL for moments, and NULL for the
// indexes of a table that has none. What a node knows is told.
extension Catalog {
    static let statisticsRows: [String: CatalogRows] = {
        var rows: [String: CatalogRows] = [
            "pg_stat_archiver": listed(
                "archiver",
                [
                    "archived_count", "last_archived_wal", "last_archived_time", "failed_count", "last_failed_time",
                    "stats_reset",
                ], [:]),
            // A position counts the transactions before it.
            "pg_stat_database": CatalogRows(
                "(SELECT 1)",
                [
                    "datid": "5", "datname": "tandem_session('database')",
                    "numbackends": "json_array_length(tandem_session('activity'))",
                    "xact_commit": "tandem_session('commits')",
                ]),
            "pg_stat_database_conflicts": CatalogRows(
                "(SELECT 1)", ["datid": "5", "datname": "tandem_session('database')"]),
            "pg_stat_bgwriter": CatalogRows("(SELECT 1)", sinceStart),
            "pg_stat_recovery_prefetch": CatalogRows("(SELECT 1)", sinceStart),
            "pg_stat_wal": CatalogRows("(SELECT 1)", sinceStart.merging(["wal_bytes": "0"]) { first, _ in first }),
            "pg_ls_waldir": listed("log files", ["name", "size", "modification"], [:]),
        ]
        for kind in ["pg_stat", "pg_statio"] {
            for owner in ["all", "user"] {
                rows["pg_stat_xact_\(owner)_tables"] = tableStatistics
                rows["\(kind)_\(owner)_tables"] = tableStatistics
                rows["\(kind)_\(owner)_indexes"] = indexStatistics
            }
        }
        return rows
    }()

    private static let sinceStart = ["stats_reset": "tandem_session('start_time')"]

    private static let tableStatistics = CatalogRows(
        """
        (SELECT t.o AS o, t.n AS n, CASE WHEN EXISTS (SELECT 1 FROM _tandem_index AS i WHERE i.tbl = t.o) THEN 0 END AS idx \
        FROM _tandem_tables AS t WHERE t.t = 'table') AS t
        """,
        [
            "relid": "t.o", "schemaname": "'public'", "relname": "t.n", "idx_scan": "t.idx", "idx_tup_fetch": "t.idx",
            "idx_blks_read": "t.idx", "idx_blks_hit": "t.idx",
        ])

    private static let indexStatistics = CatalogRows(
        "_tandem_index AS i",
        [
            "relid": "i.tbl", "indexrelid": "i.o", "schemaname": "'public'", "relname": "i.tn",
            "indexrelname": "i.name",
        ])
}
