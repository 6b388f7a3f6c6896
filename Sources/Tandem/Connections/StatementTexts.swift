import PostgresWire

/// Statements as they were written, taken apart once: what they are, and their text for SQLite.
struct StatementTexts: Sendable {
    /// So many are kept; then all are forgotten, which costs some microseconds each.
    private static let capacity = 256

    private var statements: [String: SessionStatement] = [:]

    /// - Throws: ``PostgresError`` for more than one statement, and for those that are the connection's own to make.
    mutating func statement(_ text: String) throws(PostgresError) -> SessionStatement {
        if let statement = statements[text] { return statement }
        let statement = try QueryText.single(text, parameterTypes: [])
        guard !statement.command.isLocal || statement.command == .empty else {
            throw PostgresError(
                code: .featureNotSupported,
                message: "transactions, savepoints and settings are not changed by statements here",
                hint: "Use the calls of the connection, or of the transaction layer above it.")
        }
        if statements.count >= Self.capacity { statements.removeAll(keepingCapacity: true) }
        statements[text] = statement
        return statement
    }
}
