/// Which epoch each index of a log was written in. Never pruned.
///
/// Invariant: epochs and first indexes both grow strictly from entry to entry.
public struct EpochHistory: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var epoch: Epoch
        /// The index of the epoch's first record, its epoch record.
        public var firstIndex: LogIndex

        public init(epoch: Epoch, firstIndex: LogIndex) {
            self.epoch = epoch
            self.firstIndex = firstIndex
        }
    }

    public private(set) var entries: [Entry] = []

    public init() {}

    /// A history from its entries; nil if they do not grow strictly.
    public init?(_ entries: [Entry]) {
        for (earlier, later) in zip(entries, entries.dropFirst())
        where earlier.epoch >= later.epoch || earlier.firstIndex >= later.firstIndex { return nil }
        self.entries = entries
    }

    /// The epoch the log's last record belongs to; nil for an empty log.
    public var lastEpoch: Epoch? { entries.last?.epoch }

    /// The epoch that `index` was written in; nil before the first entry.
    public func epoch(at index: LogIndex) -> Epoch? {
        entries.last { $0.firstIndex <= index }?.epoch
    }

    /// Begins `epoch` at `index`. Both must be above what the history holds.
    public mutating func begin(_ epoch: Epoch, at index: LogIndex) {
        if let last = entries.last {
            precondition(last.epoch < epoch && last.firstIndex < index, "an epoch history only grows")
        }
        entries.append(Entry(epoch: epoch, firstIndex: index))
    }

    /// Forgets what lies above `index`.
    public mutating func cut(above index: LogIndex) {
        while let last = entries.last, last.firstIndex > index { entries.removeLast() }
    }

    /// The largest index at which this log, which ends at `last`, and another, which ends at `otherLast`, have the
    /// same epoch; ``LogIndex/zero`` if there is none (docs/REPLICATION.md, rule 13).
    public func commonIndex(last: LogIndex, with other: EpochHistory, last otherLast: LogIndex) -> LogIndex {
        let end = min(last, otherLast)
        var common = LogIndex.zero
        for (offset, entry) in entries.enumerated() {
            guard let match = other.entries.firstIndex(where: { $0.epoch == entry.epoch }) else { continue }
            let theirs = other.entries[match]
            let ownEnd = offset + 1 < entries.count ? entries[offset + 1].firstIndex.previous : last
            let otherEnd = match + 1 < other.entries.count ? other.entries[match + 1].firstIndex.previous : otherLast
            let upper = min(ownEnd, otherEnd, end)
            if upper >= max(entry.firstIndex, theirs.firstIndex) { common = max(common, upper) }
        }
        return common
    }
}
