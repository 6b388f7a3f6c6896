import CTandemSQLite

extension DatabaseFile {
    /// So much is overwritten with one row.
    private static let chunk: Int64 = 16 << 20

    /// Makes a plain database of a node's: without Tandem's own tables, in SQLite's own journal mode, and with nothing
    /// left of users' password verifiers on any free page.
    ///
    /// Rows keep their rowids, which `VACUUM` would change.
    public func removeOwnTables() throws(SQLiteError) {
        try execute(
            "PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON; BEGIN IMMEDIATE")
        do throws(SQLiteError) {
            for table in try ownTables() { try execute("DROP TABLE \(table.quotedName)") }
            try execute("COMMIT")
            try overwriteFreePages()
        } catch {
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    /// Pages that were given back before may hold what was on them.
    private func overwriteFreePages() throws(SQLiteError) {
        let pageSize = Int64(try ask("PRAGMA page_size")) ?? 0
        var left = (Int64(try ask("PRAGMA freelist_count")) ?? 0) * pageSize
        guard left > 0 else { return }
        let name = "\(StatementPolicy.ownPrefix)zeros"
        try execute("BEGIN IMMEDIATE; CREATE TABLE \(name)(bytes)")
        while left > 0 {
            try execute("INSERT INTO \(name) VALUES (zeroblob(\(min(left, Self.chunk))))")
            left -= Self.chunk
        }
        try execute("DROP TABLE \(name); COMMIT")
    }
}
