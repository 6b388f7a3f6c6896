import TandemLog
import TandemSQLite

/// One transaction on its way through the writer: run in its savepoint, shipped with its group, then told how it ended.
///
/// The database thread calls ``execute(on:)`` once, then the owner of the thread hands the outcome on, once.
public protocol WriteTransaction: AnyObject, Sendable {
    /// Whether its client may still be deciding what to do next. Such a transaction opens a group of its own, after
    /// the one before has been committed, so that its answers show nothing unacknowledged (docs/REPLICATION.md, H4).
    var isInteractive: Bool { get }

    /// Whether it opens a group of its own, which others may join behind it: one that is interactive does, and one that may
    /// end its group, which others would be lost with. Default: ``isInteractive``.
    var opensGroup: Bool { get }

    /// Until when it may wait for the writer; nil for as long as it takes. What the writer stands still for want of
    /// acknowledgements comes on top.
    var waitDeadline: ContinuousClock.Instant? { get }

    /// How long its commit may wait for acknowledgements before it is told that it is in doubt, and how long it may wait
    /// for its turn behind a commit that waits for them; nil for ever.
    var commitTimeout: Duration? { get }

    /// Runs its statements on the writer's connection, inside its savepoint. What it throws rolls it back alone.
    func execute(on connection: WriterConnection) throws

    /// Its commit has been waiting for longer than ``DatabaseThread/Configuration/noticeAfter``; without a position where
    /// it changed nothing itself and waits for others of its group.
    func commitIsWaiting(_ position: Position?)

    /// It waits for its turn behind a commit that has been waiting for acknowledgements for longer than that. From any
    /// thread.
    func turnIsWaiting()

    /// The thread is being stopped while this transaction runs: it must not wait for its client any longer. May come
    /// from any thread, before ``execute(on:)``, during it and after.
    func threadStops()

    /// Another node has become the primary while this transaction runs: it must not wait for its client any longer, and
    /// its outcome will be ``DatabaseThreadError/noLongerPrimary``. From any thread, at any time, as ``threadStops()``,
    /// which is what it does by default.
    func reignEnds()
}

extension WriteTransaction {
    public var opensGroup: Bool { isInteractive }
    public func reignEnds() { threadStops() }
}

/// How a transaction ended.
public enum CommitOutcome: Sendable {
    /// It is durable here and on as many replicas as asked for, and visible. Without a position: it changed nothing.
    case committed(Position?)

    /// It has been rolled back and never was in the log.
    case failed(any Error)

    /// Its record is in the log, but the wait for acknowledgements was broken off: another reign will commit it or cut
    /// it off. Whoever asks for the position's outcome later gets the answer.
    case inDoubt(Position, DoubtReason)
}

/// Why a commit's outcome is not known yet.
public enum DoubtReason: Sendable, Equatable {
    /// The client's own commit timeout ran out.
    case timedOut(Duration)
    /// This node's reign has ended, for the reason given.
    case reignEnded(String)
}

/// A transaction with its outcome.
public struct CompletedTransaction: Sendable {
    public let transaction: any WriteTransaction
    public let outcome: CommitOutcome

    public init(_ transaction: any WriteTransaction, _ outcome: CommitOutcome) {
        self.transaction = transaction
        self.outcome = outcome
    }
}
