import CTandemSQLite

// What is set on the one connection that writes.
extension WriterConnection {
    /// - Returns: whether what the database holds is safe from a power cut.
    static func setUp(_ connection: Connection, _ options: ConnectionOptions) throws(SQLiteError) -> Bool {
        guard try connection.ask("PRAGMA encoding") == "UTF-8" else {
            throw SQLiteError(.unsupported, "The database is not in UTF-8; only such can be replicated.")
        }
        guard try connection.ask("PRAGMA journal_mode = WAL") == "wal" else {
            throw SQLiteError(.unsupported, "The database cannot be opened with a write-ahead log (WAL).")
        }
        try connection.execute(
            """
            PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = -1;
            PRAGMA cache_size = -\(max(1024, options.writerCacheSize));
            """)
        try connection.execute(settings)
        let hasEmptiedLog = try emptyLongLog(connection)
        // Creating the table takes a lock that only one process gets: a second writer fails here.
        try connection.execute(
            "BEGIN IMMEDIATE; \(AppliedState.creation); \(UserTable.creation); \(ContentStore.creation); COMMIT")
        // The write-ahead log is not empty from here on: an empty one tells of somebody else (``ContentMark``). A disk that
        // is full keeps nobody from reading.
        try? connection.execute("BEGIN IMMEDIATE; \(AppliedState.touch); COMMIT")
        if connection.isInTransaction { try connection.execute("ROLLBACK") }
        _ = ctandem_configure(connection.handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
        return hasEmptiedLog
    }

    /// What users' PRAGMAs may have changed, as it must be.
    static let settings = """
        PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = OFF; PRAGMA ignore_check_constraints = OFF;
        PRAGMA case_sensitive_like = OFF; PRAGMA legacy_alter_table = OFF; PRAGMA reverse_unordered_selects = OFF;
        PRAGMA automatic_index = ON; PRAGMA query_only = OFF; PRAGMA analysis_limit = 0;
        PRAGMA defer_foreign_keys = OFF;
        """
}
