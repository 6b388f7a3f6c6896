import Foundation
import TandemLog
import TandemSQLite

/// The thread that owns the writer's SQLite connection: it runs transactions in groups while the node reigns as
/// primary, and applies the log's committed records otherwise.
///
/// One group at a time: its transactions run one after another, each in its savepoint; their records go to the
/// replication thread; when the group is committed there, SQLite's COMMIT follows and the clients are answered. The next
/// group begins after that (docs/REPLICATION.md, rules 19 to 22).
public final class DatabaseThread: Sendable {
    /// A group that waits for acknowledgements for longer than they ever take between machines that work.
    private static let standstillAfter: Duration = .milliseconds(100)

    let monitor = Monitor(State())
    let configuration: Configuration
    let proposer: any GroupProposer
    let completed: @Sendable ([CompletedTransaction]) -> Void
    let contentChecker: ContentChecker
    let interrupter: Interrupter
    private let connectionBox: ConnectionBox

    /// The connection, reached by the thread alone once it runs.
    private final class ConnectionBox: @unchecked Sendable {
        let connection: WriterConnection
        let logDirectory: String
        init(_ connection: WriterConnection, _ logDirectory: String) {
            self.connection = connection
            self.logDirectory = logDirectory
        }
    }

    /// A thread for `connection`, which it owns from ``start()`` on.
    ///
    /// - Parameter completed: is called on this thread with the transactions of a group once their fate is known, and
    ///   from ``expireWaiting(now:)`` and ``stop()`` on the callers' threads.
    public init(
        connection: WriterConnection, logDirectory: String, configuration: Configuration = Configuration(),
        proposer: any GroupProposer,
        completed: @escaping @Sendable ([CompletedTransaction]) -> Void
    ) {
        connectionBox = ConnectionBox(connection, logDirectory)
        interrupter = connection.interrupter
        self.configuration = configuration
        self.proposer = proposer
        self.completed = completed
        let monitor = monitor
        contentChecker = ContentChecker(path: connection.path, options: connection.options) { finding in
            monitor.signal { $0.contentFindings.append(finding) }
        }
        monitor.withLock { $0.applied = connection.applied.position }
    }

    /// Starts the thread.
    public func start() {
        let box = connectionBox
        Thread.start(named: "tandem-database", stackSize: 8 << 20) { [self] in
            DatabaseWorker(owner: self, connection: box.connection, logDirectory: box.logDirectory).run()
        }
    }

    /// Queues a transaction. Refused at once where too many wait or nothing runs any more.
    public func submit(_ transaction: any WriteTransaction) {
        let refusal: (any Error)? = monitor.signal { state in
            if let failure = state.failure { return failure }
            if state.isStopping { return DatabaseThreadError.stopping }
            if state.waiting.count >= configuration.maximumWaiting {
                return DatabaseThreadError.tooManyWaiting(configuration.maximumWaiting)
            }
            state.waiting.append(transaction)
            return nil
        }
        if let refusal { completed([CompletedTransaction(transaction, .failed(refusal))]) }
    }

    /// Fails the transactions that have waited for the writer until their deadline, and tells those that wait behind a
    /// commit which lacks acknowledgements. To be called about ten times a second, from any thread but this one and the
    /// replication thread, which a disk may hold up.
    public func expireWaiting(now: ContinuousClock.Instant = .now) {
        let (unnoticed, expired) = monitor.withLock { state in
            if let since = state.acceptedSince, since.duration(to: now) >= Self.standstillAfter {
                state.waiting.writerStandsStill(since: since)
            }
            let unnoticed = state.waiting.takeUnnoticed(at: now, after: configuration.noticeAfter)
            return (unnoticed, state.waiting.takeExpired(at: now, reason: state.isOpen ? .writerBusy : .notReady))
        }
        for transaction in unnoticed { transaction.turnIsWaiting() }
        if !expired.isEmpty { completed(expired) }
    }

    /// Removes a transaction that still waits; false if it already runs or is done. It is told nothing.
    public func withdraw(_ transaction: any WriteTransaction) -> Bool {
        monitor.withLock { $0.waiting.remove(transaction) }
    }

    /// Ends the thread after the group in flight, or without it if its acknowledgements are missing.
    public func stop() {
        let (running, waiting) = monitor.signal { state in
            state.isStopping = true
            return (state.running, state.waiting.removeAll())
        }
        running?.threadStops()
        completed(waiting.map { CompletedTransaction($0, .failed(DatabaseThreadError.stopping)) })
    }

    /// A transaction's ``WriteTransaction/commitTimeout`` has become shorter: its client wants to wait no longer.
    public func commitTimeoutChanged() {
        monitor.signal { $0.mustLookAtWaits = true }
    }

    /// Waits until no transaction runs, waits or is being committed; blocks the calling thread, until `deadline` at most.
    public func waitUntilIdle(until deadline: ContinuousClock.Instant) {
        _ = monitor.wait(until: deadline) { state -> Bool? in
            let isCommitting = if case .none = state.group { false } else { true }
            let isIdle = state.waiting.isEmpty && state.running == nil && !isCommitting
            return isIdle || state.hasStopped || !state.isOpen ? true : nil
        }
    }

    /// Waits until no transaction runs on a thread that is being stopped; blocks the calling thread, until `deadline` at
    /// most.
    ///
    /// - Returns: whether none does.
    public func waitUntilNothingRuns(until deadline: ContinuousClock.Instant) -> Bool {
        monitor.wait(until: deadline) { state -> Bool? in
            state.running == nil || state.hasStopped ? true : nil
        } ?? false
    }

    /// Waits until the thread has ended and its connection is closed; blocks the calling thread.
    public func waitUntilStopped() {
        _ = monitor.wait { state in state.hasStopped ? true : nil }
    }

    /// Does something to the statements of `transaction` if they are being run at this moment: none of another's can begin
    /// before it is done, so that it must be brief.
    ///
    /// - Returns: whether they are.
    public func whileRunning(_ transaction: any WriteTransaction, _ body: () -> Void) -> Bool {
        monitor.withLock { state in
            guard state.running === transaction else { return false }
            body()
            return true
        }
    }

    /// Why no transaction is run any more; nil as long as they are.
    public var failure: (any Error)? { monitor.withLock { $0.failure } }

    /// How many transactions wait for the writer.
    public var waitingCount: Int { monitor.withLock { $0.waiting.count } }

    /// Whether the thread takes no transactions any more, because it is being stopped or has failed.
    public var isStopping: Bool { monitor.withLock { $0.isStopping || $0.failure != nil } }

    /// The position of the last commit: what is committed and flushed here, though perhaps not applied yet.
    public var committed: Position? { monitor.withLock { $0.target } }

    /// What is applied and safe from a power cut: as of the last synced checkpoint. Records above it must stay in the
    /// log.
    public var durableApplied: LogIndex { monitor.withLock { $0.durableApplied } }

    /// The commit time of the oldest committed record that is not applied because of ``Configuration/applyDelay``, in
    /// microseconds since 1970; nil if none is.
    public var oldestDelayed: UInt64? { monitor.withLock { $0.oldestDelayed } }

    /// Asks for a checkpoint as soon as nothing else is to be done, so that ``durableApplied`` moves.
    public func requestCheckpoint() { monitor.signal { $0.mustCheckpoint = true } }

    /// The position of the database, as of the last commit.
    public var applied: Position? { monitor.withLock { $0.applied } }
}
