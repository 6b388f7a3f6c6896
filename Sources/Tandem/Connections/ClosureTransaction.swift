import CTandemSQLite
import GRDB
import NIOConcurrencyHelpers
import Synchronization
import TandemLog
import TandemReplication
import TandemSQLite

/// A transaction of the program that embeds the node, all of which is known from the beginning: it shares its group with
/// others, and its outcome is told once the group is committed.
///
/// Not generic, whatever its closure returns: of a generic one the types would be looked up at run time, for each of the
/// hundreds of a group.
final class ClosureTransaction: WriteTransaction {
    let isInteractive = false
    let opensGroup: Bool
    let waitDeadline: ContinuousClock.Instant?
    let commitTimeout: Duration?
    private let body: @Sendable (WriterConnection) throws -> Void
    let answer = Answer<Position?>()
    /// What the closure has thrown. Set by ``execute(on:)``, read at the transaction's end.
    private let failure = NIOLockedValueBox<(any Error)?>(nil)
    /// Whether the task that waits for it is cancelled.
    let isCancelled = Atomic(false)

    init(
        commitTimeout: Duration?, opensGroup: Bool = false, waitDeadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable (WriterConnection) throws -> Void
    ) {
        self.body = body
        self.opensGroup = opensGroup
        self.waitDeadline = waitDeadline
        self.commitTimeout = commitTimeout
    }

    func execute(on connection: WriterConnection) throws {
        do {
            try body(connection)
        } catch {
            failure.withLockedValue { $0 = error }
            throw error
        }
    }

    func commitIsWaiting(_ position: Position?) {}
    func turnIsWaiting() {}
    func threadStops() {}
}

extension ClosureTransaction: CompletableTransaction {
    func complete(_ outcome: CommitOutcome) {
        let own = failure.withLockedValue { $0 }
        switch outcome {
        case .committed(let position): answer.give(own.map { .failure($0) } ?? .success(position))
        case .failed(let error):
            // That it was stopped says more than that the group was lost by it. Any other failure of its own may tell of
            // rows of others of the group, which never were if the group is lost (docs/REPLICATION.md, H4).
            if let own, Self.tellsThatItWasStopped(own) {
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

/// What a closure has returned, until its transaction is committed.
private final class KeptResult<Result: Sendable>: @unchecked Sendable {
    // Set on the database thread before the answer is given, and read by who has it.
    var value: Result?
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
        let kept = KeptResult<Result>()
        let transaction = ClosureTransaction(
            commitTimeout: configuration.commitTimeout, opensGroup: opensGroup,
            waitDeadline: waitDeadline(limit?.deadline)
        ) { kept.value = try body($0) }
        let position = try await withTaskCancellationHandler {
            database.submit(transaction)
            if transaction.isCancelled.load(ordering: .acquiring) { withdraw(transaction) }
            return try await transaction.answer.value
        } onCancel: {
            transaction.isCancelled.store(true, ordering: .releasing)
            limit?.cancel()
            withdraw(transaction)
        }
        guard let result = kept.value else { throw TandemError(.unavailable, "the transaction did not run") }
        return (result, position)
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
