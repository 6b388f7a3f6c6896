import PostgresWire
import TandemLog
import TandemSQLite

/// What came of running a statement.
package struct StatementOutcome<Result: Sendable>: Sendable {
    /// What the body returned; nil for a text without a statement.
    package var result: Result?
    /// How many rows it inserted, changed or deleted, if it is a statement that tells: TRUNCATE does not, as everywhere.
    package var changes: Int64 = 0
    /// The rowid of the row it inserted last; nil where it inserted none, or none into a table with rowids.
    package var generatedKey: Int64?
}

// Statements as text, in the dialect that clients over the wire use: for data sources of this package.
extension NodeConnection {
    /// Whether a transaction is open.
    package var isInTransaction: Bool { state.withLockedValue { $0.block != nil } }

    /// Whether a statement is to be run to its end by ``withStatement(_:deadline:_:)``, and not by a cursor: a write
    /// outside of a transaction, whose rows may be shown only once it is committed, and one that is several to SQLite.
    package func isRunWhole(_ sql: String) -> Bool {
        // What is wrong with a text is told by the call that would run it, and fails its transaction there.
        guard let text = try? self.text(sql) else { return false }
        return text.command.isWrite && (!isInTransaction || text.statement.hasParts)
    }

    /// Prepares a statement and runs `body` with it on the thread that has the connection; afterwards the statement is
    /// given back, wherever it stands. What else it is to SQLite (`TRUNCATE a, b`) is run before or behind that.
    ///
    /// - Throws: what `body` throws, and as ``read(deadline:_:)`` or ``write(deadline:fileID:line:_:)``.
    package func withStatement<Result: Sendable>(
        _ sql: String, deadline: ContinuousClock.Instant?,
        _ body: @escaping @Sendable (PreparedStatement) throws -> Result
    ) async throws -> StatementOutcome<Result> {
        try await exclusively {
            let text = try text(sql)
            guard text.command != .empty else { return StatementOutcome() }
            return try await run(
                writes: needsWriter(text), limit: limit(text, deadline), statement: text.statement
            ) { [self] access in
                let began = ContinuousClock.now
                defer { if case .writer = access { node.loneStatements.statementRan(text.statement, since: began) } }
                do {
                    return try Self.run(text, on: access.connection, body)
                } catch {
                    noteFailure(of: text, error, on: access)
                    throw error
                }
            }
        }
    }

    private static func run<Result: Sendable>(
        _ text: StatementTexts.Text, on connection: any StatementConnection,
        _ body: (PreparedStatement) throws -> Result
    ) throws -> StatementOutcome<Result> {
        try text.statement.runPreceding(on: connection)
        let statement = try prepare(text, on: connection)
        defer { connection.giveBack(statement) }
        let outcome = try noticingKey(of: text, on: connection) { try body(statement) }
        try text.statement.runFollowing(on: connection)
        return outcome
    }

    /// One that has ended its group on the writer opens its own the next time.
    private func noteFailure(of text: StatementTexts.Text, _ error: any Error, on access: CallAccess) {
        guard case .writer(let writer) = access else { return }
        node.loneStatements.statementFailed(text.statement, PostgresError(mapping: error).code, on: writer)
    }

    /// Prepares a statement and runs `body` with it, which may take its first steps; it stays open for the cursor. Not
    /// for one that ``isRunWhole(_:)``.
    package func openCursor(
        _ sql: String, deadline: ContinuousClock.Instant?,
        _ body: @escaping @Sendable (PreparedStatement) throws -> Void
    ) async throws -> NodeCursor {
        try await exclusively {
            let text = try text(sql)
            let limit = limit(text, deadline)
            let open = try await run(writes: needsWriter(text), limit: limit, statement: text.statement) {
                [self] access in
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

    /// SQLite tells the key of the last insert, whenever that was: whether it was this one is seen from a zero before it.
    private static func noticingKey<Result: Sendable>(
        of text: StatementTexts.Text, on connection: any StatementConnection, _ body: () throws -> Result
    ) throws -> StatementOutcome<Result> {
        let before = connection.sessionValues
        if text.makesKey { connection.beginSession(before.with(lastInsertRowid: 0)) }
        defer {
            let after = connection.sessionValues
            if text.makesKey, after.lastInsertRowid == 0 {
                connection.beginSession(after.with(lastInsertRowid: before.lastInsertRowid))
            }
        }
        let result = try body()
        let after = connection.sessionValues
        let hasKey = text.command == .write(tag: "INSERT") && after.changes > 0 && after.lastInsertRowid != 0
        return StatementOutcome(
            result: result, changes: text.countsRows ? after.changes : 0,
            generatedKey: hasKey ? after.lastInsertRowid : nil)
    }

    /// Whether a statement takes the writer: it writes, or locks rows in a transaction that may write. Nobody is to change
    /// what it has read before that has been computed with.
    private func needsWriter(_ text: StatementTexts.Text) -> Bool {
        if text.command.isWrite { return true }
        return text.statement.locksRows && state.withLockedValue { $0.mayWrite } && node.writeRefusal == nil
    }

    /// A text that was seen before is not taken apart again.
    private func text(_ sql: String) throws -> StatementTexts.Text {
        try texts.withLockedValue { try $0.text(sql) }
    }

    private func limit(_ text: StatementTexts.Text, _ deadline: ContinuousClock.Instant?) -> StatementLimit {
        guard !text.command.isWrite, let timeout = node.configuration.statementTimeout else {
            return node.limit(deadline: deadline)
        }
        let end = ContinuousClock.now + timeout
        return node.limit(deadline: deadline.map { min($0, end) } ?? end)
    }

    private static func prepare(
        _ text: StatementTexts.Text, on connection: any StatementConnection
    ) throws -> PreparedStatement {
        guard let statement = try connection.cachedStatement(text.statement.text(on: connection)) else {
            throw SQLiteError(.engine, "incomplete input")
        }
        return statement
    }

    private static func prepared(_ open: OpenStatement) throws -> PreparedStatement {
        guard let statement = open.current else { throw ConnectionState.noTransaction }
        return statement
    }
}
