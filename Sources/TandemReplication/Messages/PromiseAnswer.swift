import TandemLog

/// STARTED, PROMISED or REFUSED: the answer to a ``PromiseRequest``.
public struct PromiseAnswer: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The epoch is promised (or would be, if it was a survey).
        case promised(Promised)
        case refused(Refused)
    }

    /// What a promising node tells of itself.
    public struct Promised: Hashable, Sendable {
        /// The position of its last flushed record; nil for an empty log.
        public var position: Position?
        /// The position of the last record that it knows to be committed; nil if it knows of none.
        public var committed: Position?
        /// Its member records from the last committed one on.
        public var memberRecords: [PlacedMemberRecord]

        public init(position: Position?, committed: Position?, memberRecords: [PlacedMemberRecord]) {
            self.position = position
            self.committed = committed
            self.memberRecords = memberRecords
        }
    }

    public var node: NodeID
    /// The epoch that was asked for.
    public var epoch: Epoch
    public var survey: Bool
    public var outcome: Outcome

    public init(node: NodeID, epoch: Epoch, survey: Bool, outcome: Outcome) {
        self.node = node
        self.epoch = epoch
        self.survey = survey
        self.outcome = outcome
    }
}
