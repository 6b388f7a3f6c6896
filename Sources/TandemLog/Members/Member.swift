/// A node written down in the group's member record.
public struct Member: Hashable, Sendable {
    public var node: NodeID
    /// Where the other nodes reach it, `host:port`.
    public var address: String

    public init(node: NodeID, address: String) {
        self.node = node
        self.address = address
    }
}
