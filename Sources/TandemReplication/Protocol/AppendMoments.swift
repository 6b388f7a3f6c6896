import TandemLog

/// When which records were appended in this reign, as far back as there is room: what a replica's lag is measured by.
struct AppendMoments: Sendable {
    private struct Entry {
        var last: LogIndex
        var moment: Moment
    }

    /// So many are kept; where they are more, every other one goes, so that lags become coarser instead of unknown.
    static let capacity = 1_024

    /// In ascending order.
    private var entries: [Entry] = []

    /// Records up to `last` have been appended.
    mutating func appended(_ last: LogIndex, at moment: Moment) {
        if entries.count == Self.capacity {
            entries = entries.indices.compactMap { $0 % 2 == 1 ? entries[$0] : nil }
        }
        entries.append(Entry(last: last, moment: moment))
    }

    /// When the latest of the records behind `previous` and up to `index` were appended; nil if that is not known.
    ///
    /// - Complexity: O(log n).
    func moment(upTo index: LogIndex, after previous: LogIndex) -> Moment? {
        let place = firstPlace(behind: index) - 1
        guard place >= 0, entries[place].last > previous else { return nil }
        return entries[place].moment
    }

    /// When the first of the records behind `index` was appended; nil if there is none.
    func firstMoment(behind index: LogIndex) -> Moment? {
        let place = firstPlace(behind: index)
        return place < entries.count ? entries[place].moment : nil
    }

    private func firstPlace(behind index: LogIndex) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].last > index { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// How far a replica is behind in one respect: written, flushed or applied.
struct MeasuredLag: Sendable {
    /// How long it lasted from append to acknowledgement, when that was last seen; nil if it was not.
    private var last: Duration?
    private var seen = Moment.zero

    /// A lag that was measured so long ago says nothing any more.
    static let memory: Duration = .seconds(10)

    /// The replica is at `index` now, which was at `previous`.
    mutating func moved(to index: LogIndex, from previous: LogIndex, _ appended: AppendMoments, now: Moment) {
        guard index > previous, let moment = appended.moment(upTo: index, after: previous) else { return }
        last = now - moment
        seen = now
    }

    /// The age of the oldest record it lacks, or what was measured last; nil for one that lacks nothing and has had
    /// nothing to do for a while.
    func value(at index: LogIndex, _ appended: AppendMoments, now: Moment) -> Duration? {
        if let moment = appended.firstMoment(behind: index) { return max(now - moment, last ?? .zero) }
        return now - seen < Self.memory ? last : nil
    }
}

/// The lags of a replica, as `pg_stat_replication` names them.
public struct ReplicaLags: Hashable, Sendable {
    public var write: Duration?
    public var flush: Duration?
    public var replay: Duration?
}
