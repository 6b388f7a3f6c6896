import PostgresWire
import TandemLog
import TandemSQLite

// Statements as text, in the dialect that clients over the wire use: for data sources of this package.
extension NodeConnection {
    /// Whether a transaction is open.
    package var isInTransaction: Bool { state.withLockedValue { $0.block != nil } }

    /// Whether a statement needs the writer.
    package func writes(_ sql: String) throws -> Bool { try text(sql).command.isWrite }

    /// Prepares a statement and runs `body` with it on the thread that has the connection; afterwards the statement is
    /// given back, wherever it stands.
    ///
    /// - Returns: what `body` returns, nil for a text without a statement; and the values of the session after it.
    /// - Throws: what `body` throws, and as ``read(deadline:_:)`` or ``write(deadline:_:)``.
    package func withStatement<Result: Sendable>(
        _ sql: String, deadline: ContinuousClock.Instant?,
        _ body: @escaping @Sendable (PreparedStatement) throws -> Result
    ) async throws -> (result: Result?, values: SessionValues) {
        try await exclusively {
            let text = try text(sql)
            guard text.command != .empty else { return (nil, state.withLockedValue { $0.values }) }
            return try await run(writes: text.command.isWrite, limit: limit(text, deadline)) { access in
                let connection = access.connection
                let statement = try Self.prepare(text, on: connection)
                defer { connection.giveBack(statement) }
                let result = try body(statement)
                return (result, connection.sessionValues)
            }
        }
    }

    /// Prepares a statement and runs `body` with it, which may take its first steps; it stays open for the cursor.
    package func openCursor(
        _ sql: String, deadline: ContinuousClock.Instant?,
        _ body: @escaping @Sendable (PreparedStatement) throws -> Void
    ) async throws -> NodeCursor {
        try await exclusively {
            let text = try text(sql)
            let limit = limit(text, deadline)
            let open = try await run(writes: text.command.isWrite, limit: limit) { [self] access in
                let open = OpenStatement(try Self.prepare(text, on: access.connection), on: access)
                do {
                    try body(try Self.prepared(open))
                } catch {
                    open.close()
                    throw error
                }
                state.withLockedValue { state in
                    state.cursor = open
                    if open.reader == nil { state.block?.writer?.opened(open) }
                }
                return open
            }
            return NodeCursor(self, open, limit)
        }
    }

    /// A text that was seen before is not taken apart again.
    private func text(_ sql: String) throws -> SessionStatement {
        try texts.withLockedValue { try $0.statement(sql) }
    }

    private func limit(_ text: SessionStatement, _ deadline: ContinuousClock.Instant?) -> StatementLimit {
        guard !text.command.isWrite, let timeout = node.configuration.statementTimeout else {
            return StatementLimit(deadline: deadline)
        }
        let end = ContinuousClock.now + timeout
        return StatementLimit(deadline: deadline.map { min($0, end) } ?? end)
    }

    private static func prepare(
        _ text: SessionStatement, on connection: any StatementConnection
    ) throws(SQLiteError) -> PreparedStatement {
        guard let statement = try connection.cachedStatement(text.sql) else {
            throw SQLiteError(.engine, "incomplete input")
        }
        return statement
    }

    private static func prepared(_ open: OpenStatement) throws -> PreparedStatement {
        guard let statement = open.current else { throw ConnectionState.noTransaction }
        return statement
    }
}
