import TandemLog

// This node as a cascade, which follows the node it was told to, and counts for nothing: docs/REPLICATION.md, rule 34.
extension ReplicationMachine {
    /// What a snapshot took the place of is of no use once this node has what its upstream had. It does not become whole by
    /// that: its upstream may lack what this node acknowledged while it was a member (rule 30).
    mutating func considerLevelOfCascade(_ following: Following) {
        guard !hasCaughtUp, following.announced > .zero, log.flushed >= following.announced else { return }
        hasCaughtUp = true
        report(.cascadeCaughtUp(following.announced))
    }

    /// Why a cascade waits that has promised more than its upstream has come to, and what ends that; nil if it waits for
    /// something else. What it promised while it was a member may be an epoch in which nobody came to reign.
    func waitForEpoch(_ refused: Refused) -> String? {
        guard refused.reason == .behind, let promised = durable.promised else { return nil }
        if let reached = refused.promised, reached >= promised { return nil }
        let reached = refused.promised.map { "it has come to epoch \($0)" } ?? "it knows of no epoch"
        return
            "\(reached), and this node has promised \(promised): it waits until the group has come to that one, or a later one. If nobody reigns in it, because a promotion was given up, each start of the primary and each switch-over begins a later epoch; or start this node with an empty data directory"
    }

    /// Whom this node follows as a cascade; nil if it is none.
    var cascadeUpstream: String? {
        guard configuration.cascades, case .replica(let address) = configuration.role else { return nil }
        return address
    }
}
