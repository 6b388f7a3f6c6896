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

    /// Whom this node follows as a cascade; nil if it is none.
    var cascadeUpstream: String? {
        guard configuration.cascades, case .replica(let address) = configuration.role else { return nil }
        return address
    }
}
