import TandemLog
import TandemReplication

extension [ReplicationStatus.Peer] {
    /// What people call a node: its address, and its identity where several have that address.
    func name(of node: NodeID) -> String {
        guard let address = first(where: { $0.node == node })?.address else { return "node \(node)" }
        return isShared(address, by: node) ? "\(address) (node \(node))" : address
    }

    /// The same of a member that may be known to others alone.
    func name(of member: Member) -> String {
        contains { $0.node == member.node }
            ? name(of: member.node)
            : isShared(member.address, by: member.node) ? "\(member.address) (node \(member.node))" : member.address
    }

    func names(of members: [Member]) -> String { members.map(name(of:)).joined(separator: ", ") }

    private func isShared(_ address: String, by node: NodeID) -> Bool {
        contains { $0.node != node && $0.address == address }
            || contains { $0.node == node && $0.replacement != nil }
    }
}

extension ReplicationStatus {
    /// What is wrong where members are gone whose addresses other nodes have by now, and what to do; nil where there are
    /// none.
    ///
    /// - Parameter address: this node's own.
    func replacedProblem(askedAt address: String) -> String? {
        let gone = peers.filter { $0.replacement != nil }
        guard let first = gone.first, let replacement = first.replacement else { return nil }
        let more = gone.count > 1 ? " There are \(gone.count - 1) more." : ""
        return
            "node \(first.node) is a member that is gone: \(first.address), where it was, is the address of node \(replacement.node) by now, so its disk was replaced, or its data directory emptied. It counts as long as it is a member: for commits that wait for it, and for who must be asked in a promotion. Take it out while this primary lives: \(Self.removal(of: first.node, replacement, at: address)).\(more)"
    }

    /// The command that takes a member out of its group.
    static func removal(of node: NodeID, _ replacement: Replacement, at address: String) -> String {
        let command = "tandem member remove \(node) --url \(address)"
        guard replacement.removalNeedsForce else { return "'\(command)'" }
        return
            "'\(command) --accept-data-loss', for too few of the others are connected to agree without; this primary has everything that was acknowledged"
    }
}
