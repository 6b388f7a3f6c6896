import NIOConcurrencyHelpers
import TandemLog
import TandemReplication
import TandemSQLite

/// What every thread of a node may want to know of its replication; written by the replication thread, and by the database
/// thread as far as its own progress goes.
final class NodeState: Sendable {
    /// What changes with every transaction.
    struct Progress: Sendable {
        var role = ReplicationMachine.Role.idle
        var servesReads = false
        var servesWrites = false
        var commit = LogIndex.zero
        /// The highest commit index this node has been told.
        var announced = LogIndex.zero
        var flushed = LogIndex.zero
        var applied = LogIndex.zero
        var last = LogIndex.zero
        var history = EpochHistory()

        /// Nil for none, and for what is not in the log.
        func position(at index: LogIndex) -> Position? {
            history.epoch(at: index).map { Position(epoch: $0, index: index) }
        }
    }

    private struct State {
        var progress = Progress()
        /// Where the database stands by its own thread's word, of which the machine may not have heard yet.
        var databaseApplied = LogIndex.zero
        /// The machine as it was a moment ago, for what is asked rarely.
        var machine: ReplicationMachine?
        /// Why the node does nothing any more, if so.
        var failure: String?
        /// Tables that are not what they ought to be.
        var drifts: [ContentDrift] = []
        /// Why no primary is followed, where attempts have failed.
        var upstreamFailure: String?
        /// Members whose answers cannot be read.
        var answers = AnswerWatch()
        /// What is known of the group's lease; nil where there is none.
        var failover: FailoverStatus?
        /// Who waits for records to be applied.
        var waiters: [AppliedWaiter] = []
        /// Up to where records were committed when waiting for them to be applied was last seen to begin, and when.
        var lag: (index: LogIndex, since: Moment)?
        /// The commit time of a record that was ahead of this node's clock, in microseconds since 1970; 0 if none was.
        var timeAhead: UInt64 = 0
        /// When a record was last applied here; nil before the first.
        var appliedAt: WallClock?

        /// - Returns: who waited for that.
        mutating func noteApplied(_ applied: LogIndex) -> [AppliedWaiter] {
            if applied > progress.applied, progress.applied > .zero { appliedAt = .now }
            progress.applied = applied
            if applied >= progress.announced {
                lag = nil
            } else if lag.map({ applied >= $0.index }) ?? true {
                lag = (progress.announced, ReplicationDriver.now)
            }
            guard !waiters.isEmpty else { return [] }
            let due = waiters.filter { $0.index <= applied }
            if !due.isEmpty { waiters.removeAll { $0.index <= applied } }
            return due
        }
    }

    private let state = NIOLockedValueBox(State())

    var progress: Progress { state.withLockedValue { $0.progress } }

    /// What every statement wants to know of it.
    var service: (role: ReplicationMachine.Role, servesReads: Bool, hasDrifted: Bool) {
        state.withLockedValue { ($0.progress.role, $0.progress.servesReads, !$0.drifts.isEmpty) }
    }

    var machine: ReplicationMachine? { state.withLockedValue { $0.machine } }

    /// The node's part in its group at this moment; nil before it has started.
    var status: ReplicationStatus? {
        let (machine, progress) = state.withLockedValue { ($0.machine, $0.progress) }
        guard var status = machine?.status(now: ReplicationDriver.now) else { return nil }
        // The machine's copy is up to 50 ms old; what every transaction moves is not.
        status.commit = progress.commit
        status.announced = progress.announced
        status.last = progress.last
        status.flushed = progress.flushed
        status.applied = progress.applied
        status.servesReads = progress.servesReads
        status.servesWrites = progress.servesWrites
        return status
    }

    var failure: String? {
        get { state.withLockedValue { $0.failure } }
        set { state.withLockedValue { $0.failure = newValue } }
    }

    /// Tables that are not what they ought to be, in the order in which they were found.
    var drifts: [ContentDrift] { state.withLockedValue { $0.drifts } }

    /// - Returns: whether it is news.
    func note(_ drift: ContentDrift) -> Bool {
        state.withLockedValue { state in
            guard !state.drifts.contains(where: { $0.table == drift.table }) else { return false }
            state.drifts.append(drift)
            return true
        }
    }

    var upstreamFailure: String? {
        get { state.withLockedValue { $0.upstreamFailure } }
        set { state.withLockedValue { $0.upstreamFailure = newValue } }
    }

    /// A member has answered START or PROMISE.
    ///
    /// - Returns: whether that is worth a line in the log.
    func memberAnswered(_ address: String, _ unreadable: String?, now: Moment) -> Bool {
        state.withLockedValue { $0.answers.answered(address, unreadable, now: now) }
    }

    /// What is wrong with members whose answers cannot be read; nil if nothing is.
    var answerProblem: String? { state.withLockedValue { $0.answers.problem(now: ReplicationDriver.now) } }

    /// What is known of the group's lease; nil where there is none.
    var failover: FailoverStatus? { state.withLockedValue { $0.failover } }

    /// - Returns: what was known before.
    func noteFailover(_ status: FailoverStatus) -> FailoverStatus {
        state.withLockedValue { state in
            let former = state.failover ?? .unknown
            state.failover = status.following(former)
            return former
        }
    }

    /// The newest record's commit time is ahead of this node's clock, in microseconds since 1970.
    func noteTime(ofNewestRecord time: UInt64) { state.withLockedValue { $0.timeAhead = time } }

    /// By how much this node's clock is behind the newest record; nil if it is not, as far as is known.
    var clockIsBehind: Duration? {
        let ahead = state.withLockedValue { $0.timeAhead }
        let clock = ReplicationDriver.wallClock
        return ahead > clock ? .microseconds(Int64(clamping: ahead - clock)) : nil
    }

    /// Since when committed records have been waiting here to be applied; nil if none are.
    var lagSince: Moment? { state.withLockedValue { $0.lag?.since } }

    /// Up to which moment the primary's transactions have been applied here, as far as is known: that of the last one
    /// that was applied, or since when the next one has been waiting. Nil before the first.
    var appliedUpTo: WallClock? {
        let (appliedAt, since) = state.withLockedValue { ($0.appliedAt, $0.lag?.since) }
        guard let since else { return appliedAt }
        return .now - .nanoseconds(ReplicationDriver.now.nanoseconds - since.nanoseconds)
    }

    /// - Parameter whole: whether to keep the machine, too: it costs a copy. A new role brings it along: who sees that a
    ///   node has failed must find the reason.
    func update(from machine: ReplicationMachine, whole: Bool) {
        let due: [AppliedWaiter] = state.withLockedValue { state in
            if whole || state.progress.role != machine.role { state.machine = machine }
            state.progress.role = machine.role
            state.progress.servesReads = machine.servesReads
            state.progress.servesWrites = machine.servesWrites
            state.progress.commit = machine.commit
            state.progress.announced = machine.announced
            state.progress.flushed = machine.log.flushed
            state.progress.last = machine.log.last
            state.progress.history = machine.log.history
            return state.noteApplied(max(machine.applied, min(state.databaseApplied, machine.commit)))
        }
        for waiter in due { waiter.answer.give(.success(true)) }
    }

    /// The database stands at `index` now. To be called by its thread.
    func databaseApplied(_ index: LogIndex) {
        let due = state.withLockedValue { state in
            state.databaseApplied = index
            return state.noteApplied(max(state.progress.applied, min(index, state.progress.commit)))
        }
        for waiter in due { waiter.answer.give(.success(true)) }
    }

    /// Tells `waiter` once its index has been applied.
    func add(_ waiter: AppliedWaiter) {
        let isApplied = state.withLockedValue { state in
            let isApplied = state.progress.applied >= waiter.index
            if !isApplied { state.waiters.append(waiter) }
            return isApplied
        }
        if isApplied { waiter.answer.give(.success(true)) }
    }

    /// Nobody waits any more.
    func remove(_ waiter: AppliedWaiter) {
        state.withLockedValue { state in state.waiters.removeAll { $0 === waiter } }
    }

    /// Whether anybody waits for records to be applied.
    var isWaitedFor: Bool { state.withLockedValue { !$0.waiters.isEmpty } }

    /// The outcome of a commit that was left in doubt.
    func outcome(of position: Position) -> ReplicationMachine.Outcome {
        let progress = progress
        return ReplicationMachine.outcome(of: position, commit: progress.commit, history: progress.history)
    }

    /// The same, in words; nil for text that is no position.
    func outcome(of text: String) -> String? {
        guard let position = Position(text) else { return nil }
        switch outcome(of: position) {
        case .inDoubt: return "in doubt"
        case .committed: return "committed"
        case .neverCommitted: return "never committed"
        }
    }
}
