import TandemLog

/// A member record and its place in the log.
public struct PlacedMemberRecord: Hashable, Sendable {
    public var index: LogIndex
    public var record: MemberRecord

    public init(index: LogIndex, record: MemberRecord) {
        self.index = index
        self.record = record
    }
}

/// What the machine knows of its own log: never the records themselves.
///
/// Invariant: `flushed <= last`, and every member record's index is at most `last`.
public struct LogSummary: Hashable, Sendable {
    /// The first index the log still holds; ``LogIndex/zero`` and the next one both mean "nothing pruned".
    public var first: LogIndex
    public var last: LogIndex
    /// Up to here fdatasync has returned.
    public var flushed: LogIndex
    public var history: EpochHistory
    /// Ascending; from the last committed one on. The member record inside an epoch record counts like any other.
    public var memberRecords: [PlacedMemberRecord]
    /// The commit index as the log's own marks have it; a lower bound.
    public var knownCommit: LogIndex

    public init(
        first: LogIndex = 1, last: LogIndex = .zero, flushed: LogIndex = .zero,
        history: EpochHistory = EpochHistory(), memberRecords: [PlacedMemberRecord] = [],
        knownCommit: LogIndex = .zero
    ) {
        self.first = first
        self.last = last
        self.flushed = flushed
        self.history = history
        self.memberRecords = memberRecords
        self.knownCommit = knownCommit
    }

    /// The position of the record at `index`; nil before the first record and above the last.
    public func position(at index: LogIndex) -> Position? {
        guard index > .zero, index <= last, let epoch = history.epoch(at: index) else { return nil }
        return Position(epoch: epoch, index: index)
    }

    mutating func noteMembers(_ record: MemberRecord, at index: LogIndex) {
        guard record != memberRecords.last?.record else { return }
        memberRecords.append(PlacedMemberRecord(index: index, record: record))
    }

    mutating func cut(above index: LogIndex) {
        last = min(last, index)
        flushed = min(flushed, index)
        history.cut(above: index)
        while let record = memberRecords.last, record.index > index { memberRecords.removeLast() }
    }

    /// The member records that may be in force when the commit index is `commit`: the last one that is committed, or that
    /// was forced, and all later ones (docs/REPLICATION.md, rules 27 and 28).
    func recordsInForce(commit: LogIndex) -> ArraySlice<PlacedMemberRecord> {
        let start = memberRecords.lastIndex { $0.index <= commit || $0.record.forced } ?? memberRecords.startIndex
        return memberRecords[start...]
    }
}

/// What the machine must know of a batch of whole records it is handed.
public struct ReceivedRecords: Hashable, Sendable {
    public var first: LogIndex
    public var last: LogIndex
    /// The epochs begun inside the batch, ascending.
    public var epochs: [EpochHistory.Entry]
    /// The member records inside the batch, those inside epoch records too, ascending.
    public var memberRecords: [PlacedMemberRecord]

    public init(
        first: LogIndex, last: LogIndex, epochs: [EpochHistory.Entry] = [], memberRecords: [PlacedMemberRecord] = []
    ) {
        self.first = first
        self.last = last
        self.epochs = epochs
        self.memberRecords = memberRecords
    }
}
