import TandemLog

/// START and PROMISE: a node asks a member to promise an epoch (docs/REPLICATION.md, rules 6 to 8). REIGN: a primary
/// tells a member that is not connected that it reigns (H17).
public struct PromiseRequest: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// START: the asker goes on with its reign, which was this epoch.
        case start(reign: Epoch)
        /// PROMISE: the asker stands for promotion.
        case promotion
        /// REIGN: the asker is primary. Nothing is promised; whoever has promised a higher epoch says so.
        case announcement
    }

    public var kind: Kind
    public var group: GroupID
    public var node: NodeID
    /// Where the asker can be reached: host:port.
    public var address: String
    /// The epoch to promise, or the asker's.
    public var epoch: Epoch
    /// Only asks what the answer would be; nothing is promised.
    public var survey: Bool

    public init(kind: Kind, group: GroupID, node: NodeID, address: String, epoch: Epoch, survey: Bool) {
        self.kind = kind
        self.group = group
        self.node = node
        self.address = address
        self.epoch = epoch
        self.survey = survey
    }
}
