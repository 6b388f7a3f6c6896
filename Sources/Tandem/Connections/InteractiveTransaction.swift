import NIOConcurrencyHelpers
import TandemLog
import TandemReplication
import TandemSQLite

/// A transaction of a ``NodeConnection`` on the writer: it stays open from call to call, and the database thread waits
/// for the next one, within a bound, because all other writers wait for it.
///
/// It opens a group of its own, so that whatever it sees is committed and its calls can be answered while it is open
/// (docs/REPLICATION.md, H4).
final class InteractiveTransaction: WriteTransaction {
    /// What the owner wants next.
    enum Request: Sendable {
        /// To run this; what it throws ends the transaction.
        case run(@Sendable (WriterConnection) throws -> Void)
        case commit
        case rollback
    }

    private struct State {
        /// Told if the transaction ends before its answer.
        var asker: (@Sendable (CommitOutcome) -> Void)?
        /// How it ended.
        var outcome: CommitOutcome?
        /// Statements of the writer whose rows are being fetched.
        var openStatements: [OpenStatement] = []
        /// Whether another node has become the primary.
        var reignHasEnded = false
    }

    let isInteractive = true
    let waitDeadline: ContinuousClock.Instant?
    let commitTimeout: Duration?
    private let idleTimeout: Duration
    private let mailbox = TransactionMailbox<Request>()
    private let state = NIOLockedValueBox(State())

    init(configuration: NodeConfiguration, waitDeadline: ContinuousClock.Instant) {
        self.waitDeadline = waitDeadline
        commitTimeout = configuration.commitTimeout
        idleTimeout = configuration.idleInTransactionTimeout
    }

    // MARK: For the owner

    /// Hands a request to the database thread.
    ///
    /// - Parameter ended: is told if the transaction ends before it has been answered, or has ended already.
    func ask(_ request: Request, ended: @escaping @Sendable (CommitOutcome) -> Void) {
        let outcome = state.withLockedValue { state in
            if state.outcome == nil { state.asker = ended }
            return state.outcome
        }
        if let outcome { return ended(outcome) }
        mailbox.deliver(request)
    }

    /// The owner is gone, or does not want it any more: it is rolled back.
    func abandon() { mailbox.abandon() }

    /// Remembers a statement that must not outlive the transaction. On the database thread.
    func opened(_ statement: OpenStatement) { state.withLockedValue { $0.openStatements.append(statement) } }

    // MARK: For the database thread

    func execute(on connection: WriterConnection) throws {
        defer { for open in state.withLockedValue({ $0.openStatements }) { open.close() } }
        do {
            while try runNext(on: connection) {}
        } catch {
            // Known already, whatever becomes of those who join the group now.
            end(.failed(error))
            throw error
        }
    }

    /// - Returns: whether the transaction goes on; false to commit it.
    private func runNext(on connection: WriterConnection) throws -> Bool {
        switch mailbox.take(timeout: idleTimeout) {
        case .messages(let requests):
            for request in requests {
                switch request {
                case .run(let body): try body(connection)
                case .commit: return false
                case .rollback: throw RollbackRequest()
                }
            }
            return true
        case .closed:
            if state.withLockedValue({ $0.reignHasEnded }) { throw DatabaseThreadError.noLongerPrimary }
            throw TandemError(.unavailable, "the transaction was rolled back, because the node is shutting down")
        case .timedOut:
            throw TandemError(
                .idleInTransaction,
                "the transaction was rolled back, because nothing was done in it for \(idleTimeout) while it kept all other writers waiting"
            )
        }
    }

    func commitIsWaiting(_ position: Position?) {}
    func turnIsWaiting() {}

    func threadStops() { mailbox.abandon() }

    func reignEnds() {
        state.withLockedValue { $0.reignHasEnded = true }
        threadStops()
    }

    private func end(_ outcome: CommitOutcome) {
        let asker = state.withLockedValue { state in
            if state.outcome != nil { return nil as (@Sendable (CommitOutcome) -> Void)? }
            state.outcome = outcome
            return state.asker.take()
        }
        asker?(outcome)
    }
}

extension InteractiveTransaction: CompletableTransaction {
    func complete(_ outcome: CommitOutcome) { end(outcome) }
}

/// Thrown to roll back a transaction because its owner asked for it.
struct RollbackRequest: Error {}
