import CTandemSQLite
import TandemLog

// A database that begins a history, or was completed from an archive.
extension WriterConnection {
    /// Writes down that the database, as it is, is what the log's records up to `position` make of an empty one.
    ///
    /// - Throws: ``SQLiteError``; nothing has changed then.
    public func place(at position: Position) throws {
        guard group == .none, applier == nil, !connection.isInTransaction else {
            throw SQLiteError(.engine, "A group is open, or the writer applies records.")
        }
        let state = AppliedState(position: position)
        // As an applier it captures nothing.
        try startApplying()
        try runOwn("BEGIN IMMEDIATE")
        do {
            statements.bind(state)
            try statements.update.run()
            try runOwn("COMMIT")
        } catch {
            try? runOwn("ROLLBACK")  // The first error counts.
            throw error
        }
        try stopApplying()
        applied = state
    }

    /// What is wrong with the database's pages and indexes; empty if nothing is.
    public func integrityProblems() throws(SQLiteError) -> [String] {
        let statement = try OwnStatement(connection.handle, "PRAGMA integrity_check(10)")
        var problems: [String] = []
        while try statement.step() { problems.append(statement.text(0)) }
        return problems == ["ok"] ? [] : problems
    }

    /// The tables that have rows whose foreign keys lead nowhere.
    public func tablesViolatingForeignKeys() throws(SQLiteError) -> [String] {
        let statement = try OwnStatement(
            connection.handle, "SELECT DISTINCT \"table\" FROM pragma_foreign_key_check ORDER BY 1")
        var tables: [String] = []
        while try statement.step() { tables.append(statement.text(0)) }
        return tables
    }
}
