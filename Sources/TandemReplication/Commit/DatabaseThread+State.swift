import TandemLog

extension DatabaseThread {
    /// Where the group in flight stands.
    enum GroupState {
        /// None is in flight.
        case none
        /// Handed to the replication thread, which has not given it indexes yet.
        case proposed
        /// In the log from `first` on; waits for its acknowledgements.
        case accepted(first: LogIndex, epoch: Epoch)
        /// Never entered the log.
        case rejected(any Error)
    }

    /// What the database thread and those that call it know together; read and changed under ``monitor``'s lock alone.
    struct State {
        var waiting = WriterQueue()
        /// The transaction whose statements are running.
        var running: (any WriteTransaction)?
        /// Whether this node reigns and its epoch record is committed; only then transactions run.
        var isOpen = false
        /// Whether transactions wait although the node reigns: another node is about to.
        var isPaused = false
        /// Whether the replication thread is to be told that the pause has begun.
        var mustTellPause = false
        var group = GroupState.none
        /// When the group in flight was accepted.
        var acceptedSince: ContinuousClock.Instant?
        /// The flush that makes the group in flight durable here, until it is begun.
        var flush: LogFlush?
        /// How far records may be applied: committed and flushed here.
        var target: Position?
        var applied: Position?
        /// What of that is safe from a power cut: as of the last synced checkpoint.
        var durableApplied = LogIndex.zero
        /// Whether a checkpoint is wanted as soon as nothing else is to be done.
        var mustCheckpoint = false
        /// Whether a client in the group in flight may want to wait no longer.
        var mustLookAtWaits = false
        /// Why the reign ended while a group was in flight.
        var reignEnded: String?
        /// Whether somebody else has reigned since: what runs here cannot be committed any more.
        var isOver = false
        /// Whether this node follows another's reign, so that drift may stop it; false as long as that is not known.
        var follows = false
        /// The log segment the next group is going to be in.
        var segment: UInt64 = 0
        /// Whether ``Configuration/applyDelay`` does not count, because the node reigns, or is about to.
        var appliesAtOnce = false
        /// The commit time of the first record that waits because of the delay, in microseconds since 1970.
        var oldestDelayed: UInt64?
        /// Up to where records are applied at most, and until when that holds.
        var hold: (limit: LogIndex, until: ContinuousClock.Instant)?
        /// What the tables' rows were found to add up to.
        var contentFindings: [ContentChecker.Finding] = []
        /// Why no transaction is run any more.
        var failure: (any Error)?
        var isStopping = false
        /// The connection is closed.
        var hasStopped = false
        /// The log's epochs, up to ``target`` at least.
        var history = EpochHistory()
    }
}
