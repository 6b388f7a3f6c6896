import TandemLog
import TandemSQLite

/// What runs on the database thread. Used by that thread alone.
final class DatabaseWorker {
    let owner: DatabaseThread
    let connection: WriterConnection
    let logDirectory: String
    /// Reads the committed records that are to be applied; made anew wherever groups of our own came between.
    var reader: LogReader?
    /// The records of the group at hand.
    var records = RecordBuffer()
    /// Whether anything was done since memory was given back last.
    private var hasWorked = false

    init(owner: DatabaseThread, connection: WriterConnection, logDirectory: String) {
        self.owner = owner
        self.connection = connection
        self.logDirectory = logDirectory
    }

    private enum Work {
        case apply(through: Position)
        case group(first: any WriteTransaction, segment: UInt64)
        case checkpoint(evenIfShort: Bool)
        case giveMemoryBack
        case tellPause
        case stop
    }

    /// The write-ahead log is copied into the database once nothing was to be done for so long; under load, when it
    /// has grown to four times the size that asks for it.
    private static let idleBeforeCheckpoint: Duration = .milliseconds(50)

    /// Memory that was freed is given back once nothing was to be done for so long: it takes about a millisecond.
    private static let idleBeforeGivingBack: Duration = .seconds(1)

    /// Works until the thread is stopped, or until the database fails.
    func run() {
        while true {
            do {
                switch nextWork() {
                case .apply(let position):
                    hasWorked = true
                    try apply(through: position)
                case .group(let first, let segment):
                    hasWorked = true
                    try runGroup(beginningWith: first, segment: segment)
                case .checkpoint(let evenIfShort): try checkpoint(evenIfShort: evenIfShort)
                case .giveMemoryBack: giveMemoryBack()
                case .tellPause: owner.proposer.writesPaused()
                case .stop: return close()
                }
            } catch {
                return fail(error)
            }
        }
    }

    private func nextWork() -> Work {
        let wantsCheckpoint = connection.wantsCheckpoint
        let idle = wantsCheckpoint ? Self.idleBeforeCheckpoint : hasWorked ? Self.idleBeforeGivingBack : nil
        return owner.monitor.wait(until: idle.map { ContinuousClock.now + $0 }) { state -> Work? in
            if state.isStopping { return .stop }
            if let target = state.target, state.applied.map({ $0.index < target.index }) ?? true {
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
        } ?? (wantsCheckpoint ? .checkpoint(evenIfShort: false) : .giveMemoryBack)
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

    /// Hands to the system what transactions took and freed: the allocator would keep it.
    private func giveMemoryBack() {
        hasWorked = false
        FreedMemory.giveBack()
    }

    /// Notes where the database stands now, here and with the replication thread.
    func noteApplied(_ position: Position) {
        let durable = connection.durableAppliedIndex
        owner.monitor.withLock { state in
            state.applied = position
            state.durableApplied = durable
        }
        owner.proposer.applied(position)
    }
}
