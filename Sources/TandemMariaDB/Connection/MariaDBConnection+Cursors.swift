import TandemThreads
import TandemTransactions

extension MariaDBConnection {
    func openCursor(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> any ResultCursor {
        let sql = statement.sql(in: .questionMarks)
        let parameters = statement.parameters
        let opened = try await cancellable(deadline: deadline) { watch in
            let prepared = try self.executed(sql, parameters, &watch)
            try prepared.openCursor()
            // The statement may have been cancelled when it had begun to answer.
            return OpenCursor(
                number: self.lastCursor + 1, statement: prepared, watch: watch,
                mayBeCutShort: statement.mayBeCutShort)
        }
        lastCursor = opened.number
        cursor = opened
        return MariaDBCursor(self, number: opened.number)
    }

    func fetch(_ count: Int, cursor number: Int) async throws -> [ResultRow]? {
        guard var open = cursor, open.number == number else {
            guard isOpen else {
                // Perhaps because of that.
                if Task.isCancelled { throw CancellationError() }
                throw MariaDBFailure.connectionLost("the connection broke under the cursor")
            }
            throw DatabaseError(.illegalTransactionState, "the cursor is closed")
        }
        guard !open.isAtEnd else { return nil }
        guard !Task.isCancelled else {
            try end(open)
            throw CancellationError()
        }
        let statement = open.statement
        return try await withTaskCancellationHandler {
            do {
                let rows = try self.supervised(&open.watch) { watch in
                    let rows = try statement.fetch(max(count, 1), &watch)
                    if rows.count < max(count, 1) { try self.finish(statement, &watch) }
                    return rows
                }
                open.isAtEnd = rows.count < max(count, 1)
                self.cursor = self.isOpen ? open : nil
                return rows.isEmpty ? nil : rows
            } catch {
                self.cursor = nil
                self.forget(statement)
                throw error
            }
        } onCancel: {
            executor.wake()
        }
    }

    func close(cursor number: Int) async {
        guard let open = cursor, open.number == number else { return }
        do { try end(open) } catch { shut() }
    }

    /// Takes what is left of the answer. The server is told to end a query that is not at its end: there may be gigabytes
    /// of rows. What writes is run to its end, or it would depend on the time whether it has.
    func end(_ open: OpenCursor) throws {
        cursor = nil
        guard isOpen, !open.isAtEnd else { return }
        let statement = open.statement
        var watch = watch(until: nil, isCancellable: false)
        try supervised(&watch) { watch in
            do {
                if try statement.fetch(Self.fewRows, &watch).count == Self.fewRows {
                    if open.mayBeCutShort { try kill(&watch) }
                    while try !statement.fetch(Self.manyRows, &watch).isEmpty {}
                }
                try finish(statement, &watch)
            } catch let error as DatabaseError where error.code == .illegalTransactionState {
                // The transaction knows that it has been ended, and takes nothing but its end.
            } catch let error as DatabaseError where error.sqlState == "57014" && !session.isBroken {
                // The server's last words: the library has read to the end.
                forget(statement)
            }
        }
    }

    private func kill(_ watch: inout StatementWatch) throws {
        _ = watch.abandoned(at: .now)
        guard session.killStatement() else {
            throw MariaDBFailure.connectionLost("the cursor's statement could not be ended")
        }
    }

    /// All rows have been taken: only now the server tells what the statement was for the transaction.
    private func finish(_ statement: PreparedStatement, _ watch: inout StatementWatch) throws {
        try statement.free(&watch)
        try checkTransaction(behind: statement.traits)
    }

    /// What is left of most answers is taken without a KILL, which needs a connection.
    private static let fewRows = 100
    private static let manyRows = 1000
}
