import TandemLog

/// REFUSED: the answer to anything a node cannot go along with (docs/REPLICATION.md, rules 7, 8, 13, 14, 25).
public struct Refused: Hashable, Sendable {
    /// Why. Unknown codes of later versions are read as ``other``.
    public enum Reason: UInt8, Sendable, CaseIterable {
        case other = 0
        /// The node is no primary; `primary` says who is, if known.
        case notPrimary = 1
        case otherGroup = 2
        /// The message's epoch is below what the node has promised.
        case epochTooLow = 3
        /// A newer connection of the same node is open.
        case newerConnection = 4
        /// The asker has this node's own identity: itself, or a copied data directory.
        case sameNode = 5
        /// The node is not whole, so it promises nothing.
        case notWhole = 6
        /// The node has promised somebody who came after the asker's reign.
        case superseded = 7
        /// A primary is alive, so nobody is promoted (a survey's answer).
        case primaryAlive = 8
        /// The node's log, or its database, has failed.
        case failed = 9
        /// The primary cannot read from its own log what the replica needs.
        case logUnreadable = 10
        /// To a cascade: the group counts that node as a member.
        case member = 11
        /// To a cascade: it has, or has promised, more than the node may relay yet.
        case behind = 12
        /// To a cascade: the node neither reigns nor hears from a primary, or of another one than before.
        case followsNobody = 13
        /// The node is a cascade, which promises nothing.
        case cascade = 14
        /// The primary lacks what the replica knows to be committed in its reign.
        case lacksCommitted = 15
    }

    public var reason: Reason
    /// The highest epoch the refusing node has promised.
    public var promised: Epoch?
    /// Where the primary is, as far as the refusing node knows: host:port.
    public var primary: String?

    public init(reason: Reason, promised: Epoch?, primary: String? = nil) {
        self.reason = reason
        self.promised = promised
        self.primary = primary
    }
}

extension Refused.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .other: "for a reason this version does not know"
        case .notPrimary: "it is no primary"
        case .otherGroup: "it belongs to another group"
        case .epochTooLow: "it has promised a later epoch"
        case .newerConnection: "a newer connection of this node is open"
        case .sameNode: "it has the identity of this node"
        case .notWhole: "it may lack what it acknowledged"
        case .superseded: "somebody has reigned since"
        case .primaryAlive: "a primary is alive"
        case .failed: "it has failed, and says why itself"
        case .member:
            "the group counts this node as a member: start it with --primary, or stop it and remove it first (tandem member remove)"
        case .behind: "it has less than this node, which waits until it has caught up"
        case .followsNobody: "it hears from no primary at the moment, or from another one than before"
        case .cascade: "it is a cascade, and promises nothing"
        case .lacksCommitted:
            "it lacks what this node knows to be committed in its reign, for its data directory is an older copy; this node keeps what it has"
        case .logUnreadable: "it cannot read from its log what this node needs; its status says why"
        }
    }
}
