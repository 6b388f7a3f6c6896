import GRDB
import NIOConcurrencyHelpers
import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

/// The SQLite connection that a call has.
enum CallAccess {
    case reader(ReaderConnection)
    case writer(WriterConnection)

    var connection: any StatementConnection {
        switch self {
        case .reader(let reader): reader
        case .writer(let writer): writer
        }
    }
}

// One call: found its place, run there, its failure put into words.
extension NodeConnection {
    typealias CallBody<Result> = @Sendable (CallAccess) throws -> Result

    func call<Result: Sendable>(
        writes: Bool, deadline: ContinuousClock.Instant?, isCursor: Bool = false, _ body: @escaping CallBody<Result>
    ) async throws -> Result {
        try await exclusively(isCursor: isCursor) {
            try await run(writes: writes, limit: StatementLimit(deadline: deadline), body)
        }
    }

    /// The same inside of ``exclusively(isCursor:_:)``.
    func run<Result: Sendable>(
        writes: Bool, limit: StatementLimit, _ body: @escaping CallBody<Result>
    ) async throws -> Result {
        do {
            if Task.isCancelled { throw CancellationError() }
            switch try state.withLockedValue({ try $0.place(writes: writes) }) {
            case .reader(let held, let keeps):
                return try await runOnReader(held, keeps: keeps, limit: limit, body)
            case .writer(let writer): return try await run(on: writer, limit: limit, body)
            case .newWriter(let savepoints, let snapshot):
                if let refusal = node.writeRefusal { throw refusal }
                return try await begin(savepoints, snapshot: snapshot, limit: limit, body)
            case .alone:
                if let refusal = node.writeRefusal { throw refusal }
                return try await node.runClosure(limit: limit) { [self] writer in
                    try use(.writer(writer), limit: limit, body)
                }.result
            }
        } catch {
            throw limit.explain(error)
        }
    }

    /// Runs the body with the session's values, on the thread that has the connection.
    private func use<Result>(_ access: CallAccess, limit: StatementLimit, _ body: CallBody<Result>) throws -> Result {
        try access.connection.limited(by: limit) {
            access.connection.beginSession(state.withLockedValue { $0.values })
            defer {
                let values = access.connection.endSession()
                state.withLockedValue { $0.values = values }
            }
            return try body(access)
        }
    }
}

// On the writer.
extension NodeConnection {
    /// Begins the transaction on the writer with the call that needs it.
    private func begin<Result: Sendable>(
        _ savepoints: [String], snapshot: Position?, limit: StatementLimit, _ body: @escaping CallBody<Result>
    ) async throws -> Result {
        let transaction = InteractiveTransaction(
            configuration: node.configuration, waitDeadline: node.waitDeadline(limit.deadline))
        let answer = ask(transaction, limit: limit) { [self] writer in
            try arrived(transaction, on: writer, savepoints: savepoints, snapshot: snapshot)
            return try use(.writer(writer), limit: limit, body)
        }
        return try await withTaskCancellationHandler {
            node.database.submit(transaction)
            if limit.isCancelled { node.withdraw(transaction) }
            return try await answer.value
        } onCancel: {
            limit.cancel()
            node.withdraw(transaction)
        }
    }

    /// The writer is there: from now on the transaction runs on it.
    private func arrived(
        _ transaction: InteractiveTransaction, on writer: WriterConnection, savepoints: [String], snapshot: Position?
    ) throws {
        let reader = state.withLockedValue { state in
            state.block?.writer = transaction
            return state.takeReader()
        }
        if let reader { node.readers.checkIn(reader) }
        if let snapshot, writer.applied.position != snapshot {
            throw TandemError(
                .rolledBack,
                "could not serialize access: others have committed since the transaction's first read; run it again")
        }
        for name in savepoints { try writer.run(savepointStatement: "SAVEPOINT", name) }
    }

    /// Runs a call in the transaction on the writer.
    func run<Result: Sendable>(
        on transaction: InteractiveTransaction, limit: StatementLimit, _ body: @escaping CallBody<Result>
    ) async throws -> Result {
        let answer = ask(transaction, limit: limit) { [self] writer in
            try use(.writer(writer), limit: limit, body)
        }
        do {
            return try await withTaskCancellationHandler {
                try await answer.value
            } onCancel: {
                limit.cancel()
            }
        } catch {
            throw limit.explain(error)
        }
    }

    /// Hands a call to the database thread. With savepoints the transaction outlives its failure.
    private func ask<Result: Sendable>(
        _ transaction: InteractiveTransaction, limit: StatementLimit,
        _ body: @escaping @Sendable (WriterConnection) throws -> Result
    ) -> Answer<Result> {
        let answer = Answer<Result>()
        let hasSavepoint = state.withLockedValue { $0.block?.savepoints.isEmpty == false }
        let request = InteractiveTransaction.Request.run { writer in
            do {
                answer.give(.success(try body(writer)))
            } catch let error as TandemError where error.code == .rolledBack {
                throw error
            } catch  where hasSavepoint && writer.isTransactionAlive {
                answer.give(.failure(error))
            }
        }
        transaction.ask(request) { outcome in answer.give(.failure(outcome.failure)) }
        return answer
    }
}

// On readers.
extension NodeConnection {
    private func runOnReader<Result: Sendable>(
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
            try reader.beginRead()
            let snapshot = try reader.appliedPosition().position
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

extension StatementLimit {
    /// What a failure is that this limit has caused; any other as it is.
    func explain(_ error: any Error) -> any Error {
        let wasStopped =
            switch error {
            case let error as SQLiteError: error.code == .cancelled || error.primaryResultCode == 9  // SQLITE_INTERRUPT
            case let error as DatabaseError: error.resultCode == .SQLITE_INTERRUPT
            case let error as TandemError: error.code == .lockTimeout
            default: false
            }
        guard wasStopped, let reason else { return error }
        switch reason {
        case .cancelled: return CancellationError()
        case .deadlinePassed: return TandemError.deadlinePassed
        }
    }
}

extension TandemError {
    static var deadlinePassed: TandemError {
        TandemError(.timeout, "the deadline passed before the statement had ended; it was stopped")
    }
}

extension CommitOutcome {
    /// Why a call got no answer.
    var failure: any Error {
        switch self {
        case .failed(let error): TandemError.presenting(error)
        case .inDoubt(let position, let reason): TandemError.inDoubt(position, reason)
        case .committed: TandemError(.transactionState, "the transaction has ended")
        }
    }
}
