import TandemLog

/// CONNECT: a replica asks a member to be streamed to (docs/REPLICATION.md, rule 13).
public struct Connect: Hashable, Sendable {
    /// Nil if the node has never been accepted by a group.
    public var group: GroupID?
    public var node: NodeID
    /// Where others reach the node: host:port.
    public var address: String
    public var number: ConnectionNumber
    public var promised: Epoch?
    public var whole: Bool
    public var history: EpochHistory
    /// The index of the last record in its log, flushed or not.
    public var last: LogIndex
    /// What it knows to be committed; `commit <= last`. A primary that forgot its commit index in a crash learns from it.
    public var commit: LogIndex
    /// Whether it wants to be relayed to as a cascade (rule 34). Not part of the bytes: a word of the command, which a node
    /// that knows no cascades refuses.
    public var cascades: Bool

    public init(
        group: GroupID?, node: NodeID, address: String, number: ConnectionNumber, promised: Epoch?, whole: Bool,
        history: EpochHistory, last: LogIndex, commit: LogIndex, cascades: Bool = false
    ) {
        self.group = group
        self.node = node
        self.address = address
        self.number = number
        self.promised = promised
        self.whole = whole
        self.history = history
        self.last = last
        self.commit = commit
        self.cascades = cascades
    }
}
