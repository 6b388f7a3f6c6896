/// The reign of one primary: a counter and the node that reigns.
///
/// Ordered by counter, then by node, so that two nodes that take the same counter at once still have different
/// epochs (docs/REPLICATION.md, rule 1). PostgreSQL calls it a timeline, Raft a term.
public struct Epoch: Hashable, Comparable, Sendable {
    public var counter: UInt32
    public var node: NodeID

    public init(counter: UInt32, node: NodeID) {
        self.counter = counter
        self.node = node
    }

    public static func < (lhs: Epoch, rhs: Epoch) -> Bool { (lhs.counter, lhs.node) < (rhs.counter, rhs.node) }

    /// Reads what ``description`` writes: `7@0b9c…`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let counter = UInt32(parts[0]), let node = NodeID(parts[1]) else { return nil }
        self.init(counter: counter, node: node)
    }
}

extension Epoch: CustomStringConvertible {
    public var description: String { "\(counter)@\(node)" }
}
