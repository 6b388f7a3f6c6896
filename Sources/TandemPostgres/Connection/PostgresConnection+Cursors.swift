import CPQ
import TandemThreads
import TandemTransactions

extension PostgresConnection {
    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        try checkNoCursor()
        try checkTime(deadline)
        try refuseAfterTransactionEnded()
        let call = try StatementCall(statement, kind.encoding)
        if SessionTraces.tells(call.key.sql) { traces.ranTelling() }
        lastCursor += 1
        let number = lastCursor
        try await cancellable {
            try self.checkConnection(before: statement)
            let isGuarded = try self.guardTransaction(against: call, deadline)
            try self.openCursor(call, deadline, number, isGuarded: isGuarded)
        }
        return PostgresCursor(self, number: number)
    }

    private func openCursor(
        _ call: StatementCall, _ deadline: ContinuousClock.Instant?, _ number: Int, isGuarded: Bool
    ) throws {
        var watch = watch(until: deadline)
        try guarded { try link.begin(.query(call.key.sql, call.parameters, binary: false), &watch) }
        // It may be closed before the answer that tells what it was.
        if kind == .postgresql || !call.statement.mayBeCutShort { mayHaveWritten = true }
        cursor = OpenCursor(call: call, watch: watch, isGuarded: isGuarded, number: number)
        if let first = try nextRow() { cursor?.waiting.append(first) }
    }

    // MARK: The transaction around it

    private static let guardName = "tandem_stream"
    private static let setGuard = "SAVEPOINT \(guardName)"
    private static let returnToGuard = "ROLLBACK TO SAVEPOINT \(guardName)"
    private static let releaseGuard = "RELEASE SAVEPOINT \(guardName)"

    /// Begins the transaction that waits to be begun, and sets a savepoint in a transaction: a statement that is left before
    /// its last row has to be cancelled, which PostgreSQL takes for a failure of the transaction.
    ///
    /// - Returns: whether there is such a savepoint.
    private func guardTransaction(against call: StatementCall, _ deadline: ContinuousClock.Instant?) throws -> Bool {
        let begin = pendingBegin
        let isGuarded = (begin != nil || link.transactionStatus == PQTRANS_INTRANS) && call.statement.mayBeCutShort
        var steps = beginSteps()
        if isGuarded { steps.append(.query(Self.setGuard, .none, binary: false)) }
        guard !steps.isEmpty else { return false }
        let run = try run(steps, watch(until: deadline))
        try took(begin, run)
        if let failed = run.outcomes.firstFailure { throw failure(failed, run.interruption) }
        return isGuarded
    }

    func fetch(_ count: Int, from number: Int) async throws -> [ResultRow]? {
        guard cursor?.number == number else {
            throw located(DatabaseError(.illegalTransactionState, "the cursor is closed", sqlState: "34000"))
        }
        return try await cancellable { try self.fetch(max(count, 1)) }
    }

    private func fetch(_ count: Int) throws -> [ResultRow]? {
        var rows = cursor?.waiting ?? []
        cursor?.waiting = []
        // What is not here yet is waited for only where there is nothing to give.
        while rows.count < count, rows.isEmpty || link.hasResult {
            guard let row = try nextRow() else { break }
            rows.append(row)
        }
        return rows.isEmpty ? nil : rows
    }

    /// The next row; nil after the last. An error ends the cursor.
    private func nextRow() throws -> ResultRow? {
        guard var open = cursor, !open.isFinished else { return nil }
        defer { if cursor != nil { cursor = open } }
        guard let result = try guarded({ try link.nextResult(&open.watch) }) else {
            try rowsEnded(&open)
            return nil
        }
        switch result.status {
        case PGRES_SINGLE_TUPLE:
            let reader = ResultReader(result, columns: open.columns)
            open.columns = reader.columns
            return try reader.rows().first
        // The end of the rows, and what is not a query.
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            note(open.call, result)
            try rowsEnded(&open)
            do {
                try checkStandby()
                try checkTransaction()
            } catch {
                cursor = nil
                throw error
            }
            return nil
        default:
            let error = failure(result, open.watch.reason, of: open.call.statement)
            try rowsEnded(&open)
            cursor = nil
            throw error
        }
    }

    /// Reads the nil behind a statement's last result.
    private func rowsEnded(_ open: inout OpenCursor) throws {
        open.isFinished = true
        try guarded {
            while try link.nextResult(&open.watch) != nil {}
            try link.finishCancelling()
        }
        if open.isGuarded, link.transactionStatus == PQTRANS_INTRANS { try runInternally(Self.releaseGuard) }
    }

    // MARK: Closing

    func closeCursor(_ number: Int) {
        guard cursor?.number == number else { return }
        try? closeCursorIfOpen()
    }

    /// Ends what is left of a cursor's statement, which is no failure of the transaction that it runs in.
    ///
    /// A statement that writes is run to its end, or it would depend on the time whether it has.
    ///
    /// - Throws: where the connection is lost by that.
    func closeCursorIfOpen() throws {
        guard var open = cursor else { return }
        cursor = nil
        guard !open.isFinished else { return }
        try guarded { try link.abandon(&open.watch, cancels: open.call.statement.mayBeCutShort) }
        guard open.isGuarded else { return }
        if link.transactionStatus == PQTRANS_INERROR, open.watch.reason != nil { try runInternally(Self.returnToGuard) }
        if link.transactionStatus == PQTRANS_INTRANS { try runInternally(Self.releaseGuard) }
    }
}
