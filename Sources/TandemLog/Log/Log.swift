/// A node's log: the numbered sequence of its group's transactions, in segments in a directory.
///
/// It belongs to one thread; other threads read with a ``LogReader``. All calls block on the disk.
///
/// Invariant: `knownCommit <= flushedIndex <= lastIndex`.
public final class Log {
    public let directory: String
    public let group: GroupID
    public let options: Options

    /// Where the log ends: what the next record must follow.
    public internal(set) var end: LogEnd
    /// The last record that is durable.
    public internal(set) var flushedIndex: LogIndex
    /// Which epoch each index was written in.
    public internal(set) var history: EpochHistory
    /// The member record that was the last committed one when the log's last segment was begun, and all after it,
    /// in order. An epoch record counts as one.
    public internal(set) var memberRecords: [RecordBatch.MembersBeginning]
    /// The highest commit index that the log itself remembers (batch marks); it may be behind.
    public internal(set) var knownCommit: LogIndex
    /// The commit time of the last record, in microseconds since 1970; 0 for an empty log. The next record's
    /// must not be below it.
    public internal(set) var lastTime: UInt64
    /// The first record that is still there; of an empty log the one that will be.
    public internal(set) var firstIndex: LogIndex
    /// The error that made the log unusable, if one did.
    public internal(set) var failure: LogError?

    let store: LogStore
    let preparer: SegmentPreparer
    var active: ActiveSegment
    /// Whether a segment got its name since the directory was flushed.
    var directoryNeedsFlush = false
    /// How often something was written, and how much of that is durable.
    var writes: UInt64 = 0
    var flushedWrites: UInt64 = 0
    /// How often the log was cut back: a flush that began before knows nothing of what came after.
    var cuts: UInt64 = 0
    /// Readers that stopped where somebody may go on reading, most recently used last.
    var readers: [LogReader] = []
    /// The commit time of the last record before each segment, as far as somebody has asked.
    var segmentTimes: [LogIndex: UInt64] = [:]
    /// Held as long as the log is open.
    var lock: (any FileLock)?

    /// The last record's index; ``LogIndex/zero`` for an empty log.
    public var lastIndex: LogIndex { end.index }
    /// The last record's checksum; 0 for an empty log.
    public var lastChecksum: UInt32 { end.checksum }
    /// The last record's epoch counter; 0 for an empty log.
    public var lastEpochCounter: UInt32 { end.epochCounter }
    /// Changes whenever a segment begins: table definitions written before it changed do not count any more.
    public var segmentOrdinal: UInt64 { active.firstIndex.rawValue }

    /// Whether the next group of transactions should begin a segment, because this one is nearly full. The primary
    /// asks before the writer starts the group, whose first record then carries the flag and whose tables are
    /// defined anew.
    public var beginsSegmentNext: Bool {
        end.index >= active.firstIndex && active.offset >= options.segmentSize - options.segmentSize / 16
    }

    init(
        store: LogStore, group: GroupID, options: Options, preparer: SegmentPreparer, lock: any FileLock,
        active: ActiveSegment, contents: SegmentContents, firstIndex: LogIndex
    ) {
        directory = store.directory
        self.store = store
        self.group = group
        self.options = options
        self.preparer = preparer
        self.lock = lock
        self.active = active
        self.firstIndex = firstIndex
        end = contents.end
        flushedIndex = contents.end.index
        history = contents.history
        memberRecords = contents.members
        knownCommit = min(contents.knownCommit, contents.end.index)
        lastTime = contents.lastTime
    }

    deinit { preparer.stop() }

    /// Runs `body`; what it throws makes the log unusable: after a write or a flush that failed nobody knows what
    /// the disk holds.
    func attempt<Result>(_ body: () throws(LogError) -> Result) throws(LogError) -> Result {
        try checkUsable()
        do throws(LogError) {
            return try body()
        } catch {
            guard failure == nil else { throw error }  // An attempt inside of this one has failed.
            var error = error
            // Who else finds no room goes on by itself once there is some.
            if error.code == .diskFull { error.message += " Make room on the disk and start the node again." }
            failure = error
            throw error
        }
    }

    func checkUsable() throws(LogError) {
        guard let failure else { return }
        guard failure.code != .closed else { throw failure }
        throw LogError(
            .failed,
            "The log took no more after an error, and must be opened again: \(failure.message)", file: failure.file,
            offset: failure.offset, errorNumber: failure.errorNumber)
    }
}
