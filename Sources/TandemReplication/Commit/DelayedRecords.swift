import TandemLog

/// Which committed records are old enough to be applied, on a replica that is delayed by choice: read ahead of the
/// applier, from the same log.
///
/// A record's commit time is that of the clock of the primary which wrote it, and never goes back in a log; it is compared
/// with the wall clock of this node.
///
/// Used by the database thread alone.
final class DelayedRecords {
    private let directory: String
    /// In microseconds.
    private let delay: UInt64
    private var reader: LogReader?
    /// What was read and is not known to be old enough.
    private var ahead: ArraySlice<(index: LogIndex, time: UInt64)> = []
    /// Everything up to here is old enough.
    private(set) var due = LogIndex.zero

    init(directory: String, delay: Duration) {
        self.directory = directory
        let (seconds, attoseconds) = delay.components
        self.delay = UInt64(max(0, seconds)) * 1_000_000 + UInt64(max(0, attoseconds)) / 1_000_000_000_000
    }

    /// When the first record that waits becomes old enough, in microseconds since 1970; nil if none is known.
    var nextDue: UInt64? { ahead.first.map { $0.time + delay } }

    /// The commit time of the first record that waits; nil if none is known.
    var oldest: UInt64? { ahead.first?.time }

    /// Looks how far may be applied now.
    ///
    /// - Parameters:
    ///   - applied: where the database stands.
    ///   - end: up to where the log may be read: committed and flushed.
    ///   - now: in microseconds since 1970.
    /// - Returns: the last record of those that may; `applied` or less if none may.
    func advance(after applied: LogIndex, through end: LogIndex, now: UInt64) throws(LogError) -> LogIndex {
        if reader == nil || due < applied { try begin(after: applied) }
        while true {
            while let first = ahead.first, first.time + delay <= now {
                due = first.index
                ahead.removeFirst()
            }
            // What is known to be old enough is applied before more is read.
            guard ahead.isEmpty, due <= applied, try readOn(through: end) else { return min(due, end) }
        }
    }

    /// Whether ``advance(after:through:now:)`` would find more than is applied, or would have to look.
    func wantsToAdvance(after applied: LogIndex, through end: LogIndex, now: UInt64) -> Bool {
        guard applied < end else { return false }
        if due > applied { return true }
        guard let nextDue else { return reader.map { $0.nextIndex <= end } ?? true }
        return nextDue <= now
    }

    /// The database has gone on without this: the node reigned meanwhile.
    private func begin(after applied: LogIndex) throws(LogError) {
        reader = try LogReader(directory: directory, from: applied.next)
        ahead = []
        due = applied
    }

    private func readOn(through end: LogIndex) throws(LogError) -> Bool {
        guard let batch = try reader?.next(through: end) else { return false }
        var times: [(index: LogIndex, time: UInt64)] = []
        times.reserveCapacity(batch.count)
        batch.forEachRecord { times.append(($0.index, $0.time)) }
        ahead = times[...]
        return true
    }
}
