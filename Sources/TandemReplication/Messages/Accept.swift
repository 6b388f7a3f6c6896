import TandemLog

/// ACCEPT: a primary takes a replica's connection and says up to where their logs agree (docs/REPLICATION.md, rule 13).
public struct Accept: Hashable, Sendable {
    public var group: GroupID
    /// The primary's epoch; its node is the primary.
    public var epoch: Epoch
    /// The number of the CONNECT this answers.
    public var number: ConnectionNumber
    /// The largest index at which both epoch histories have the same epoch.
    public var common: LogIndex
    public var commit: LogIndex
    /// The first index the primary's log still holds.
    public var first: LogIndex
    /// What the node had acknowledged in this reign; if `common` is below it, the node has lost what it acknowledged.
    public var acknowledged: LogIndex

    public init(
        group: GroupID, epoch: Epoch, number: ConnectionNumber, common: LogIndex, commit: LogIndex, first: LogIndex,
        acknowledged: LogIndex
    ) {
        self.group = group
        self.epoch = epoch
        self.number = number
        self.common = common
        self.commit = commit
        self.first = first
        self.acknowledged = acknowledged
    }
}
