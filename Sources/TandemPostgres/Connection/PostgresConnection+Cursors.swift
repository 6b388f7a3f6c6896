import CPQ
import TandemThreads
import TandemTransactions

extension PostgresConnection {
    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        try checkNoCursor()
        try checkTime(deadline)
        let call = try StatementCall(statement, kind.encoding)
        if SessionTraces.tells(call.key.sql) { traces.ranTelling() }
        lastCursor += 1
        let number = lastCursor
        try await cancellable {
            try self.beginBeforeCursor(deadline)
            try self.openCursor(call, deadline, number)
        }
        return PostgresCursor(self, number: number)
    }

    private func beginBeforeCursor(_ deadline: ContinuousClock.Instant?) throws {
        let begin = pendingBegin
        guard begin != nil else { return }
        try took(begin, try run(beginSteps(), StatementWatch(deadline: deadline, isCancellable: true)))
    }

    private func openCursor(_ call: StatementCall, _ deadline: ContinuousClock.Instant?, _ number: Int) throws {
        var watch = StatementWatch(deadline: deadline, isCancellable: true)
        try guarded { try link.begin(.query(call.key.sql, call.parameters, binary: false), &watch) }
        cursor = OpenCursor(call: call, watch: watch, number: number)
        if let first = try nextRow() { cursor?.waiting.append(first) }
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
            open.isFinished = true
            try guarded { try link.finishCancelling() }
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
            return try nextRowAfterEnd(&open)
        default:
            let error = failure(result, open.watch.reason, of: open.call.statement)
            _ = try nextRowAfterEnd(&open)
            cursor = nil
            throw error
        }
    }

    /// Reads the nil behind a statement's last result.
    private func nextRowAfterEnd(_ open: inout OpenCursor) throws -> ResultRow? {
        open.isFinished = true
        try guarded {
            while try link.nextResult(&open.watch) != nil {}
            try link.finishCancelling()
        }
        return nil
    }

    // MARK: Closing

    func closeCursor(_ number: Int) {
        guard cursor?.number == number else { return }
        try? closeCursorIfOpen()
    }

    /// Ends what is left of a cursor's statement.
    ///
    /// - Throws: where the connection is lost by that.
    func closeCursorIfOpen() throws {
        guard var open = cursor else { return }
        cursor = nil
        guard !open.isFinished else { return }
        try guarded { try link.abandon(&open.watch) }
    }

    private func guarded<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            shut()
            throw located(error)
        }
    }
}
