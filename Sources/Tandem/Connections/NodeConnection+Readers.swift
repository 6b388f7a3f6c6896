import TandemLog
import TandemSQLite

// On readers.
extension NodeConnection {
    func runOnReader<Result: Sendable>(
        _ held: ReaderConnection?, keeps: Bool, limit: StatementLimit, _ body: @escaping CallBody<Result>
    ) async throws -> Result {
        if let refusal = node.readRefusal { throw TandemError(.unavailable, refusal.message) }
        if let held {
            return try await onReaderThread(limit) { [self] in try use(.reader(held), limit: limit, body) }
        }
        let result = try await onReaderThread(limit) { [self] () throws -> Result? in
            guard let reader = try node.readers.checkOutIfFree() else { return nil }
            return try read(with: reader, keeps: keeps, limit: limit, body)
        }
        if let result { return result }
        let reader = try await waitForReader(limit)
        return try await onReaderThread(limit) { [self] in
            try read(with: reader, keeps: keeps, limit: limit, body)
        } otherwise: { [self] in
            node.readers.checkIn(reader)
        }
    }

    /// Runs the body with a reader that was just checked out, and gives that back unless the transaction keeps it.
    private func read<Result>(
        with reader: ReaderConnection, keeps: Bool, limit: StatementLimit, _ body: CallBody<Result>
    ) throws -> Result {
        var isKept = false
        defer { if !isKept, !isKeptByCursor(reader) { node.readers.checkIn(reader) } }
        if keeps {
            let snapshot = try reader.beginReadAtPosition().position
            state.withLockedValue { state in
                state.block?.reader = reader
                state.block?.snapshot = snapshot
            }
            isKept = true
        }
        return try use(.reader(reader), limit: limit, body)
    }

    private func isKeptByCursor(_ reader: ReaderConnection) -> Bool {
        state.withLockedValue { $0.cursor?.reader === reader }
    }

    func onReaderThread<Result: Sendable>(
        _ limit: StatementLimit, _ body: @escaping @Sendable () throws -> Result,
        otherwise: @escaping @Sendable () -> Void = {}
    ) async throws -> Result {
        let answer = Answer<Result>()
        return try await withTaskCancellationHandler {
            node.read {
                answer.give(Swift.Result { try body() })
            } otherwise: {
                otherwise()
                answer.give(.failure(TandemError(.unavailable, "the node has stopped")))
            }
            return try await answer.value
        } onCancel: {
            limit.cancel()
        }
    }

    /// Waits for a reader of the pool, without blocking a thread.
    private func waitForReader(_ limit: StatementLimit) async throws -> ReaderConnection {
        let readers = node.readers
        let end = ContinuousClock.now + readers.checkoutTimeout
        let waiting = Task { try await readers.checkOut() }
        let timer = Task {
            try await Task.sleep(until: min(limit.deadline ?? end, end), clock: .continuous)
            waiting.cancel()
        }
        defer { timer.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await waiting.value
            } onCancel: {
                waiting.cancel()
            }
        } catch is CancellationError {
            if Task.isCancelled { throw CancellationError() }
            if limit.reason == .deadlinePassed { throw TandemError.deadlinePassed }
            throw SQLiteError(
                .noReader,
                "all readers are busy and none became free in \(readers.checkoutTimeout); ask for less at a time, or set maximumReaders higher"
            )
        }
    }
}
