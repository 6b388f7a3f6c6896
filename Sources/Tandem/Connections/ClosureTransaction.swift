import CTandemSQLite
import GRDB
import NIOConcurrencyHelpers
import TandemLog
import TandemReplication
import TandemSQLite

/// A transaction of the program that embeds the node, all of which is known from the beginning: it shares its group with
/// others, and its result is told once the group is committed.
final class ClosureTransaction<Result: Sendable>: WriteTransaction {
    let isInteractive = false
    let opensGroup: Bool
    let waitDeadline: ContinuousClock.Instant?
    let commitTimeout: Duration?
    private let body: @Sendable (WriterConnection) throws -> Result
    let answer = Answer<(result: Result, position: Position?)>()
    /// Set by ``execute(on:)``, read at the transaction's end.
    private let result = NIOLockedValueBox<Swift.Result<Result, any Error>?>(nil)

    init(
        configuration: NodeConfiguration, opensGroup: Bool = false, waitDeadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable (WriterConnection) throws -> Result
    ) {
        self.body = body
        self.opensGroup = opensGroup
        self.waitDeadline = waitDeadline
        commitTimeout = configuration.commitTimeout
    }

    func execute(on connection: WriterConnection) throws {
        let result = Swift.Result { try body(connection) }
        self.result.withLockedValue { $0 = result }
        _ = try result.get()
    }

    func commitIsWaiting(_ position: Position?) {}
    func turnIsWaiting() {}
    func threadStops() {}
}

extension ClosureTransaction: CompletableTransaction {
    func complete(_ outcome: CommitOutcome) {
        switch outcome {
        case .committed(let position):
            let result = result.withLockedValue { $0 }
            answer.give(
                (result ?? .failure(TandemError(.unavailable, "the transaction did not run"))).map { ($0, position) })
        case .failed(let error):
            // That it was stopped says more than that the group was lost by it. Any other failure of its own may tell of
            // rows of others of the group, which never were if the group is lost (docs/REPLICATION.md, H4).
            if case .failure(let own) = result.withLockedValue({ $0 }), Self.tellsThatItWasStopped(own) {
                answer.give(.failure(own))
            } else {
                answer.give(.failure(TandemError.presenting(error)))
            }
        case .inDoubt(let position, let reason): answer.give(.failure(TandemError.inDoubt(position, reason)))
        }
    }
}

extension ClosureTransaction {
    private static func tellsThatItWasStopped(_ error: any Error) -> Bool {
        switch error {
        case is CancellationError: true
        case let error as DatabaseError: error.resultCode == .SQLITE_INTERRUPT
        case let error as SQLiteError: error.code == .cancelled || error.primaryResultCode == SQLITE_INTERRUPT
        default: false
        }
    }
}

/// A transaction that is told its outcome on whatever thread finds it out.
protocol CompletableTransaction: WriteTransaction {
    func complete(_ outcome: CommitOutcome)
}

extension NodeServices {
    /// Runs a transaction that is known from the beginning.
    ///
    /// A task that is cancelled while it waits for the writer is withdrawn; what runs is stopped if `limit` is given;
    /// what is being committed goes on.
    ///
    /// - Parameter opensGroup: whether it must not share a group that others are in already.
    func runClosure<Result: Sendable>(
        limit: StatementLimit? = nil, opensGroup: Bool = false,
        _ body: @escaping @Sendable (WriterConnection) throws -> Result
    ) async throws -> (result: Result, position: Position?) {
        let transaction = ClosureTransaction(
            configuration: configuration, opensGroup: opensGroup, waitDeadline: waitDeadline(limit?.deadline), body)
        let isCancelled = NIOLockedValueBox(false)
        return try await withTaskCancellationHandler {
            database.submit(transaction)
            if isCancelled.withLockedValue({ $0 }) { withdraw(transaction) }
            return try await transaction.answer.value
        } onCancel: {
            isCancelled.withLockedValue { $0 = true }
            limit?.cancel()
            withdraw(transaction)
        }
    }

    /// Until when a transaction that begins now waits for the writer.
    func waitDeadline(_ deadline: ContinuousClock.Instant?) -> ContinuousClock.Instant {
        let end = ContinuousClock.now + configuration.lockTimeout
        return deadline.map { min($0, end) } ?? end
    }

    /// Lets a cancelled transaction wait for the writer no longer.
    func withdraw(_ transaction: any CompletableTransaction) {
        if database.withdraw(transaction) { transaction.complete(.failed(CancellationError())) }
    }
}
