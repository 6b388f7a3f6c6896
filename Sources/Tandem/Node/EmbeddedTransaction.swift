import GRDB
import NIOConcurrencyHelpers
import TandemLog
import TandemReplication
import TandemSQLite

/// A transaction of the program that embeds the node: a closure over GRDB.
final class EmbeddedTransaction<Result: Sendable>: WriteTransaction {
    typealias Continuation = CheckedContinuation<(result: Result, position: Position?), any Error>

    let isInteractive = false
    let waitDeadline: ContinuousClock.Instant?
    let commitTimeout: Duration?
    private let body: @Sendable (Database) throws -> Result
    private let continuation: Continuation
    /// Set by ``execute(on:)``, read at the transaction's end.
    private let result = NIOLockedValueBox<Result?>(nil)

    init(
        _ body: @escaping @Sendable (Database) throws -> Result, configuration: NodeConfiguration,
        continuation: Continuation
    ) {
        self.body = body
        self.continuation = continuation
        waitDeadline = .now + configuration.lockTimeout
        commitTimeout = configuration.commitTimeout
    }

    func execute(on connection: WriterConnection) throws {
        let value = try connection.withDatabase(body)
        result.withLockedValue { $0 = value }
    }

    func commitIsWaiting(_ position: Position) {}
}

extension EmbeddedTransaction: CompletableTransaction {
    func complete(_ outcome: CommitOutcome) {
        switch outcome {
        case .committed(let position):
            if let result = result.withLockedValue({ $0 }) {
                continuation.resume(returning: (result, position))
            } else {
                continuation.resume(throwing: TandemError(.unavailable, "the transaction did not run"))
            }
        case .failed(let error): continuation.resume(throwing: TandemError.presenting(error))
        case .inDoubt(let position, let reason):
            continuation.resume(
                throwing: TandemError(
                    .inDoubt,
                    "the commit at \(position) is in doubt (\(reason)); Node.outcome(of:) tells later"
                ))
        }
    }
}

/// A transaction that is told its outcome on whatever thread finds it out.
protocol CompletableTransaction: WriteTransaction {
    func complete(_ outcome: CommitOutcome)
}

extension TandemError {
    /// Failures of the commit path in the words of this module; all else as it is.
    static func presenting(_ error: any Error) -> any Error {
        if let error = error as? LogError, error.code != .recordTooLarge {
            return TandemError(
                .unavailable, "this node has stopped taking writes: \(error); mend the cause and restart it",
                cause: error)
        }
        guard let error = error as? DatabaseThreadError else { return error }
        let message = String(describing: error)
        switch error {
        case .stopping, .notReady: return TandemError(.unavailable, message, cause: error)
        case .writerBusy, .tooManyWaiting: return TandemError(.lockTimeout, message, cause: error)
        case .groupLost, .rejected: return TandemError(.rolledBack, message, cause: error)
        }
    }
}
