import PostgresWire

/// Statements as they were written, taken apart once: what they are, and their text for SQLite.
struct StatementTexts: Sendable {
    /// So many are kept; then all are forgotten, which costs some microseconds each.
    private static let capacity = 256

    /// A statement, and what is asked of it each time.
    struct Text: Sendable {
        let statement: SessionStatement
        /// Whether it inserts, and does not ask for the key of the insert before it.
        let makesKey: Bool
        var command: SessionCommand { statement.command }

        init(_ statement: SessionStatement) {
            self.statement = statement
            makesKey =
                statement.command == .write(tag: "INSERT")
                && !statement.sql.lowercased().contains("last_insert_rowid")
        }
    }

    private var texts: [String: Text] = [:]

    /// - Throws: ``PostgresError`` for more than one statement, and for those that are the connection's own to make.
    mutating func text(_ text: String) throws(PostgresError) -> Text {
        if let known = texts[text] { return known }
        let statement = try QueryText.single(text, parameterTypes: [])
        guard !statement.command.isLocal || statement.command == .empty else {
            throw PostgresError(
                code: .featureNotSupported,
                message: "transactions, savepoints and settings are not changed by statements here",
                hint: "Use the calls of the connection, or of the transaction layer above it.")
        }
        if texts.count >= Self.capacity { texts.removeAll(keepingCapacity: true) }
        let new = Text(statement)
        texts[text] = new
        return new
    }
}
