import TandemLog

/// What a node must never forget besides its log and its database (docs/REPLICATION.md, rule 1).
///
/// It is written and flushed before any message or record leaves that depends on it.
public struct DurableState: Hashable, Sendable {
    /// Who this node is.
    public var node: NodeID
    /// The group it belongs to; nil for a replica that has never been accepted by a primary.
    public var group: GroupID?
    /// The highest epoch it has promised; nil before the first. Never goes back.
    public var promised: Epoch?
    /// The last epoch in which it was elected primary, as long as nobody has taken over since. `reign <= promised`.
    public var reign: Epoch?
    /// The first of its reigns that ``reign`` goes on with, by starts alone (rule 6): what was committed in these, it has
    /// flushed. Before all epochs where it has set its group up; nil where it was promoted. Counts beside ``reign`` alone.
    public var continues: Epoch?
    /// Whether the node lacks nothing it ever acknowledged and forgot nothing it promised: true for a new identity,
    /// which has done neither; false for a node that was resynced or damaged. A node that lost this very state, or was
    /// restored from a copy of it, must get a new identity: it may have promised what nobody remembers.
    public var whole: Bool
    /// How often the node has been started: the high part of its connections' numbers.
    public var incarnation: UInt32
    /// Whether it was a cascade when it was started last (rule 34). The machine says so, and does not go by it: who opens
    /// the node does, lest a cascade becomes a member by a mistake. Default false.
    public var cascades: Bool
    /// The highest epoch of its own that others told it of and it knew nothing of (rule 6), until it is whole again; else
    /// nil. ``promised`` is that or higher.
    public var forgotten: Epoch?

    /// By default the state of a node that has just been created, with an identity of its own that nobody ever had.
    public init(
        node: NodeID, group: GroupID? = nil, promised: Epoch? = nil, reign: Epoch? = nil,
        continues: Epoch? = nil, whole: Bool = true, incarnation: UInt32 = 0, cascades: Bool = false,
        forgotten: Epoch? = nil
    ) {
        self.node = node
        self.group = group
        self.promised = promised
        self.reign = reign
        self.continues = continues
        self.whole = whole
        self.incarnation = incarnation
        self.cascades = cascades
        self.forgotten = forgotten
    }
}
