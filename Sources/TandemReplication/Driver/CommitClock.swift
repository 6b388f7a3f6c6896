/// The commit times of a log's records, which never go back: where a clock was ahead when the last record was written, here or
/// on an earlier primary, all records get that one's until this node's clock has caught up.
struct CommitClock {
    /// Clocks of the nodes of a group may differ by so much, in microseconds, without anybody's being told.
    private static let tolerance: UInt64 = 10_000_000

    /// The commit time of the log's last record, in microseconds since 1970.
    private(set) var last: UInt64 = 0
    /// Whether it was said that this node's clock is behind that.
    private var hasSaidClockIsBehind = false

    /// The log has a record of that time, which this node has not written just now.
    mutating func recordFound(at time: UInt64) {
        last = max(last, time)
    }

    /// A record is about to be written: its time is ``last`` from now on.
    ///
    /// - Parameter clock: the wall clock, in microseconds since 1970.
    /// - Returns: by how much the clock is behind, if that has to be told; once until it has caught up.
    mutating func advance(to clock: UInt64) -> Duration? {
        let isBehind = last > clock && last - clock > Self.tolerance
        let isNews = isBehind && !hasSaidClockIsBehind
        hasSaidClockIsBehind = isBehind
        defer { last = max(last, clock) }
        return isNews ? .microseconds(Int64(clamping: last - clock)) : nil
    }
}
