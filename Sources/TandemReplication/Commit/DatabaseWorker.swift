import TandemLog
import TandemSQLite

/// What runs on the database thread. Used by that thread alone.
final class DatabaseWorker {
    let owner: DatabaseThread
    let connection: WriterConnection
    let logDirectory: String
    /// Reads the committed records that are to be applied; made anew wherever groups of our own came between.
    var reader: LogReader?
    /// Which records may be applied, where the node is delayed by choice.
    let delayed: DelayedRecords?
    /// Whether the replication thread has been told that everything is applied which is old enough.
    var hasToldCaughtUp = false
    /// The records of the group at hand.
    var records = RecordBuffer()
    /// As of when the tables that are to be added up were told last.
    private var toldDemands = -1
    /// Whether anything was done since memory was given back last.
    private var hasWorked = false

    init(owner: DatabaseThread, connection: WriterConnection, logDirectory: String) {
        self.owner = owner
        self.connection = connection
        self.logDirectory = logDirectory
        delayed = owner.configuration.applyDelay.map { DelayedRecords(directory: logDirectory, delay: $0) }
    }

    private enum Work {
        case apply(through: Position)
        case group(first: any WriteTransaction, segment: UInt64)
        case checkpoint(evenIfShort: Bool)
        case shortenLog
        case giveMemoryBack
        case tellPause
        /// It was only time to look again.
        case nothing
        case content(ContentChecker.Finding, follows: Bool)
        case stop
    }

    /// The write-ahead log is copied into the database, or its file cut, once nothing was to be done for so long; under load, when it
    /// has grown to four times the size that asks for it.
    private static let idleBeforeCheckpoint: Duration = .milliseconds(50)

    /// Memory that was freed is given back once nothing was to be done for so long: it takes about a millisecond.
    private static let idleBeforeGivingBack: Duration = .seconds(1)

    /// The wall clock is looked at so often while records wait for it: it may be set.
    private static let longestDelayedWait: Duration = .seconds(10)

    /// Works until the thread is stopped, or until the database fails.
    func run() {
        for drift in connection.drifts {
            let reason = "it was found when the database was opened"
            owner.proposer.drifted(ContentDrift(table: drift.table, index: drift.index, reason: reason))
        }
        while true {
            do {
                tellContentWork()
                switch nextWork() {
                case .apply(let position):
                    hasWorked = true
                    try apply(through: position)
                case .group(let first, let segment):
                    hasWorked = true
                    try runGroup(beginningWith: first, segment: segment)
                case .checkpoint(let evenIfShort): try checkpoint(evenIfShort: evenIfShort)
                case .shortenLog: connection.shortenLog()
                case .giveMemoryBack: giveMemoryBack()
                case .tellPause: owner.proposer.writesPaused()
                case .nothing: break
                case .content(let finding, let follows): try take(finding, follows: follows)
                case .stop: return close()
                }
            } catch {
                return fail(error)
            }
        }
    }

    private func nextWork() -> Work {
        let wantsCheckpoint = connection.wantsCheckpoint
        let looksAgain = [owner.monitor.withLock { $0.holdEnd }, nextDue].compactMap(\.self).min()
        let wantsShorterLog = connection.wantsShorterLog
        let idle =
            wantsCheckpoint || wantsShorterLog
            ? Self.idleBeforeCheckpoint : hasWorked ? Self.idleBeforeGivingBack : nil
        let idleEnd = idle.map { ContinuousClock.now + $0 }
        if let looksAgain, looksAgain < idleEnd ?? looksAgain.advanced(by: .seconds(1)) {
            return nextWork(until: looksAgain) ?? .nothing
        }
        return nextWork(until: idleEnd)
            ?? (wantsCheckpoint ? .checkpoint(evenIfShort: false) : wantsShorterLog ? .shortenLog : .giveMemoryBack)
    }

    private func nextWork(until deadline: ContinuousClock.Instant?) -> Work? {
        owner.monitor.wait(until: deadline) { state -> Work? in
            if state.isStopping { return .stop }
            if !state.contentFindings.isEmpty {
                return .content(state.contentFindings.removeFirst(), follows: state.follows)
            }
            if let target = state.target, mayApply(through: state.limit(target.index), state) {
                return .apply(through: target)
            }
            if state.mustTellPause {
                state.mustTellPause = false
                return .tellPause
            }
            if state.isOpen, !state.isPaused, let first = state.waiting.popFirst() {
                state.running = first
                return .group(first: first, segment: state.segment)
            }
            if state.mustCheckpoint {
                state.mustCheckpoint = false
                return .checkpoint(evenIfShort: true)
            }
            return nil
        }
    }

    private func mayApply(through end: LogIndex, _ state: DatabaseThread.State) -> Bool {
        let applied = state.applied?.index ?? .zero
        guard let delayed, !state.appliesAtOnce else { return applied < end }
        return delayed.wantsToAdvance(after: applied, through: end, now: ReplicationDriver.wallClock)
    }

    /// When to look again whether a record has become old enough; nil if none waits for that.
    private var nextDue: ContinuousClock.Instant? {
        guard let due = delayed?.nextDue, owner.monitor.withLock({ !$0.appliesAtOnce }) else { return nil }
        let now = ReplicationDriver.wallClock
        let wait = Duration.microseconds(due > now ? Int64(clamping: due - now) : 0)
        return ContinuousClock.now + min(wait, Self.longestDelayedWait)
    }

    /// Nothing is ever run again: what waits is told why, and so is the replication thread.
    private func fail(_ error: any Error) {
        let waiting = owner.monitor.signal { state in
            state.failure = error
            return state.waiting.removeAll()
        }
        close()
        owner.completed(waiting.map { CompletedTransaction($0, .failed(error)) })
        owner.proposer.databaseFailed(error)
    }

    private func close() {
        owner.contentChecker.stop()
        try? connection.close()  // What is committed is in the log; what is not is rolled back when it is opened.
        owner.monitor.signal { $0.hasStopped = true }
    }

    /// Copies SQLite's write-ahead log into the database. Where that fails, for want of space say, nothing is lost, and
    /// it is tried again later; but a flush that has failed is never tried again, and the database has failed with it.
    func checkpoint(evenIfShort: Bool = false) throws {
        do {
            try connection.checkpointIfNeeded(evenIfShort: evenIfShort)
        } catch {
            if connection.flushFailure != nil { throw error }
        }
        let durable = connection.durableAppliedIndex
        owner.monitor.withLock { $0.durableApplied = durable }
    }

    /// Has what is to be added up added up. Where that cannot be told, for want of space say, it is tried again later.
    private func tellContentWork() {
        let demands = connection.contentDemands
        guard demands != toldDemands, let work = try? connection.contentWork() else { return }
        toldDemands = demands
        owner.contentChecker.set(work)
    }

    /// Takes what a table's rows add up to. A primary whose table differs says so and goes on: the others follow it.
    private func take(_ finding: ContentChecker.Finding, follows: Bool) throws {
        connection.follows = follows
        switch finding {
        case .sum(let result): try connection.take(result)
        case .unreadable(let work, let reason): try connection.noteUnreadable(work, reason)
        }
        tellDrifts()
        if let drift = connection.knownDrift { throw drift }
    }

    /// Tells of tables that were found to differ.
    func tellDrifts() {
        for drift in connection.takeNewDrifts() { owner.proposer.drifted(drift) }
    }

    /// Hands to the system what transactions took and freed: the allocator would keep it.
    private func giveMemoryBack() {
        hasWorked = false
        FreedMemory.giveBack()
    }

    /// Notes where the database stands now, here and with the replication thread.
    func noteApplied(_ position: Position) {
        noteShown(position)
        owner.proposer.applied(position)
    }

    /// Notes what the database shows, for whoever asks.
    func noteShown(_ position: Position) {
        let durable = connection.durableAppliedIndex
        let isAwaited = owner.monitor.withLock { state in
            state.applied = position
            state.durableApplied = durable
            return state.hold != nil
        }
        if isAwaited { owner.monitor.signal { _ in } }
        owner.proposer.shows(position)
    }
}
