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
        writes: Bool, deadline: ContinuousClock.Instant?, at site: CallSite? = nil, isCursor: Bool = false,
        _ body: @escaping CallBody<Result>
    ) async throws -> Result {
        try await exclusively(isCursor: isCursor) {
            try await run(writes: writes, limit: node.limit(deadline: deadline), site: site, body)
        }
    }

    /// The same inside of ``exclusively(isCursor:_:)``.
    ///
    /// - Parameters:
    ///   - statement: what it runs, where that is one statement as text.
    ///   - site: whose closure it runs, where that is the program's.
    func run<Result: Sendable>(
        writes: Bool, limit: StatementLimit, statement: SessionStatement? = nil, site: CallSite? = nil,
        _ body: @escaping CallBody<Result>
    ) async throws -> Result {
        do {
            if Task.isCancelled { throw CancellationError() }
            switch try state.withLockedValue({ try $0.place(writes: writes) }) {
            case .reader(let held, let keeps):
                return try await runOnReader(held, keeps: keeps, limit: limit, body)
            case .writer(let writer): return try await run(on: writer, limit: limit, body)
            case .newWriter(let savepoints, let snapshot):
                if let refusal = node.writeRefusal { throw refusal }
                return try await begin(
                    savepoints, snapshot: snapshot, limit: limit, waits: statement?.isNowait != true, body)
            case .alone:
                if let refusal = node.writeRefusal { throw refusal }
                return try await runAlone(limit: limit, statement: statement, site: site, body)
            }
        } catch {
            throw limit.explain(error)
        }
    }

    /// Runs the body with the session's values, on the thread that has the connection.
    func use<Result>(_ access: CallAccess, limit: StatementLimit, _ body: CallBody<Result>) throws -> Result {
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
    /// Runs the call as a transaction of its own, which shares its group with others unless it is known to end that.
    private func runAlone<Result: Sendable>(
        limit: StatementLimit, statement: SessionStatement?, site: CallSite?, _ body: @escaping CallBody<Result>
    ) async throws -> Result {
        let loners = node.loneStatements
        let opensGroup = statement.map { loners.contains($0) } ?? site.map { loners.contains($0) } ?? false
        return try await node.runClosure(limit: limit, opensGroup: opensGroup) { [self] (writer) throws -> Result in
            guard let site else { return try use(.writer(writer), limit: limit, body) }
            return try loners.watching(site, on: writer) { try use(.writer(writer), limit: limit, body) }
        }.result
    }

    /// Begins the transaction on the writer with the call that needs it.
    ///
    /// - Parameter waits: whether it waits for others who have the writer.
    private func begin<Result: Sendable>(
        _ savepoints: [String], snapshot: Position?, limit: StatementLimit, waits: Bool,
        _ body: @escaping CallBody<Result>
    ) async throws -> Result {
        let transaction = InteractiveTransaction(
            configuration: node.configuration,
            waitDeadline: waits ? node.waitDeadline(limit.deadline) : .now + SessionEngine.nowait)
        let answer = ask(transaction) { [self] writer in
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
        let answer = ask(transaction) { [self] writer in
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
    func ask<Result: Sendable>(
        _ transaction: InteractiveTransaction, _ body: @escaping @Sendable (WriterConnection) throws -> Result
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
        case .outerCancelled: return TandemError.nodeStops
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
        case .committed: TandemError(.noTransaction, "the transaction has ended")
        }
    }
}
