import TandemLog

/// What an operator can ask of a node for its whole group.
enum GroupChange: Sendable, Equatable {
    /// This node becomes the primary. `acceptsDataLoss` waives the promises that are missing; where it is `dry` nothing is
    /// changed, and the answer is whether it would become that.
    case promotion(acceptsDataLoss: Bool, dry: Bool = false)
    /// This node, which is the primary, lets another take over: by its address or its identity.
    case switchOver(to: String)
    /// A member that runs no more belongs to the group no longer. `acceptsDataLoss` goes without the agreement of those
    /// that the rule in force asks for.
    case removal(of: String, acceptsDataLoss: Bool)
    /// This node refuses writes from now on, or takes them again.
    case maintenance(isOn: Bool)
    /// This node's log is pruned: below an index, or as its own rules have it. `leavesMembersBehind` lets records go that a
    /// member needs.
    case pruning(below: LogIndex?, leavesMembersBehind: Bool)
    /// This node applies nothing above an index, or nothing more, for some seconds: so that a reader sees the state of that
    /// index, to compare nodes.
    case hold(at: LogIndex?)
    /// It goes on.
    case release
}
