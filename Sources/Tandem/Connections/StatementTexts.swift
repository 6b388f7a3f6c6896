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
        /// Whether it tells how many rows it has changed.
        var countsRows: Bool {
            command.writeTag.map { tag in ["INSERT", "UPDATE", "DELETE"].contains(tag) } ?? false
        }

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
        if let refusal = Self.refusal(of: statement.command) { throw refusal }
        if statement.takesAdvisoryLocks { throw Self.locksNeedSessions }
        if texts.count >= Self.capacity { texts.removeAll(keepingCapacity: true) }
        let new = Text(statement)
        texts[text] = new
        return new
    }

    /// They would seem to be taken, and would not be.
    private static var locksNeedSessions: PostgresError {
        PostgresError(
            code: .featureNotSupported, message: "advisory locks are of clients over the wire",
            hint: "A transaction that writes is alone on the node: let it look first, or lock within the program.")
    }

    /// Why a statement is not for SQLite, hence not for here; nil for those that are.
    private static func refusal(of command: SessionCommand) -> PostgresError? {
        switch command {
        case .read, .write, .empty: return nil
        case .copy:
            return PostgresError(
                code: .featureNotSupported, message: "COPY needs a client over the wire",
                hint: "Insert the rows in one transaction, which shares one flush, or COPY to the node's address.")
        case .cursor, .prepared:
            return PostgresError(
                code: .featureNotSupported, message: "cursors and prepared statements are not made by statements here",
                hint: "Fetch a query's rows piece by piece with a cursor of the connection, or a stream of the "
                    + "transaction layer; statements are kept prepared by themselves.")
        default:
            return PostgresError(
                code: .featureNotSupported,
                message: "statements about transactions, settings and users do not run here",
                hint: "Use the calls of the connection, or of the transaction layer above it; for users, a client over "
                    + "the wire, or the command tandem user.")
        }
    }
}
