extension Catalog {
    /// The advisory locks of all sessions; and of the session that asks what every statement has in PostgreSQL: its
    /// transaction, and `pg_locks` itself. SQLite has no locks of tables, and whoever reads waits for nobody.
    static let locks: CatalogRows = {
        func field(_ name: String) -> String { "json_extract(s.value, '$.\(name)')" }
        let own = "CAST(tandem_session('pid') AS INTEGER)"
        return CatalogRows(
            """
            (SELECT 'advisory' AS t, 5 AS d, NULL AS r, NULL AS x, \(field("classid")) AS c, \(field("objid")) AS o, \
            \(field("objsubid")) AS s, \(field("pid")) AS p, \(field("mode")) AS m, \(field("granted")) AS g, 0 AS f \
            FROM json_each(tandem_session('locks')) AS s \
            UNION ALL SELECT 'relation', 5, \(CatalogNumbers.locks), NULL, NULL, NULL, NULL, \(own), 'AccessShareLock', 1, 1 \
            UNION ALL SELECT 'virtualxid', NULL, NULL, \(own) || '/1', NULL, NULL, NULL, \(own), 'ExclusiveLock', 1, 1) AS l
            """,
            [
                "locktype": "l.t", "database": "l.d", "relation": "l.r", "virtualxid": "l.x", "classid": "l.c",
                "objid": "l.o", "objsubid": "l.s", "virtualtransaction": "l.p || '/' || (l.p = \(own))", "pid": "l.p",
                "mode": "l.m", "granted": "l.g", "fastpath": "l.f",
            ])
    }()
}
