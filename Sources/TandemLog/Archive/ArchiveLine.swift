/// One history of a group, as an archive has it, from the group's beginning to a last record.
///
/// As long as nothing acknowledged is lost there is one: an archive holds committed records only. Where an operator has
/// accepted the loss of some (`tandem promote --accept-data-loss`), two histories go on behind the last common record.
/// Which of a file's records belong to a line is told by the epochs: each has one owner, which wrote each index once, so
/// that one index in one epoch is one record (docs/REPLICATION.md).
public struct ArchiveLine: Hashable, Sendable {
    public var history: EpochHistory
    public var last: LogIndex

    public init(history: EpochHistory, last: LogIndex) {
        self.history = history
        self.last = last
    }

    /// The position of the last record.
    public var end: Position? { history.epoch(at: last).map { Position(epoch: $0, index: last) } }

    /// Whether the record at `position` is of this line.
    public func contains(_ position: Position) -> Bool {
        position.index <= last && history.epoch(at: position.index) == position.epoch
    }
}
