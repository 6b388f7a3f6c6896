import TandemSQLite

// Some statements of PostgreSQL's are several to SQLite.
extension SessionStatement {
    /// Whether it is more than one statement to SQLite. Such a one gives no rows.
    var hasParts: Bool {
        guard let translated = place?.translated else { return false }
        return !(translated.preceding.isEmpty && translated.following.isEmpty && translated.filling.isEmpty)
    }

    /// Runs the parts that come before its own text.
    func runPreceding(on connection: any StatementConnection) throws(SQLiteError) {
        for sql in place?.translated.preceding ?? [] { try Self.run(part: sql, on: connection) }
    }

    /// Runs the parts that come behind its own text, once that has run to its end. The session's values stay as its own
    /// text has left them: no client has asked for a key in SQLite's own tables.
    func runFollowing(on connection: any StatementConnection) throws(SQLiteError) {
        let parts = (place?.translated.following ?? []) + types.typedText.following
        guard !parts.isEmpty else { return }
        let values = connection.sessionValues
        for sql in parts { try Self.run(part: sql, on: connection) }
        connection.beginSession(values)
    }

    /// A part answers with nothing.
    private static func run(part sql: String, on connection: any StatementConnection) throws(SQLiteError) {
        do throws(SQLiteError) {
            guard let prepared = try connection.cachedStatement(sql) else { return }
            defer { connection.giveBack(prepared) }
            while try prepared.step() {}
        } catch {
            // There is none where no table has AUTOINCREMENT.
            guard error.message == "no such table: sqlite_sequence" else { throw error }
        }
    }
}
