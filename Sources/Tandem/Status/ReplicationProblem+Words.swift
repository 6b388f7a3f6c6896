import TandemReplication

extension ReplicationProblem {
    /// What is wrong and what to do about it, for people.
    ///
    /// - Parameter followed: what the node that is followed is called.
    func words(follows followed: String) -> String {
        switch self {
        case .databaseBeyondLog(let applied, let last):
            "the database holds \(applied), but the log ends at \(last): move the data directory away and start this node anew as a replica"
        case .databaseBehindLog(let applied, let first):
            "the database ends at record \(applied), and the log begins with record \(first): a replica takes a snapshot; a primary whose database is lost has to be started as a replica of one that has it"
        case .diverged(let common, let applied, _, let epoch):
            "this node has applied records up to \(applied) of which the \(followed) has only those up to \(common) in epoch \(epoch): it takes a snapshot of the \(followed)'s database, and keeps those records in a file"
        case .pruned(let common, let first):
            "the \(followed)'s log begins at \(first), but this node needs it from \(common.next) on: it takes a snapshot of the \(followed)'s database"
        case .notLastPrimary:
            "this node was not the last one to reign: start it as a replica of the one that did; if that one is gone, promote one of those that are left ('tandem promote')"
        case .notWhole:
            "this node may lack what it has acknowledged, so it cannot reign: it follows, and counts for nothing until it has caught up; if nobody reigns, promote another one ('tandem promote')"
        case .logOlderThanCommitted(let last, let committed, _):
            "this node's log ends with record \(last), but another member knows record \(committed.index) of the same reign to be committed: this data directory is an older copy, or has lost what it held. The node follows, and counts for nothing until it has caught up: promote another one ('tandem promote')"
        case .replicaKnowsMore(let common, let committed, let address):
            "the replica at \(address) knows record \(committed.index) to be committed in a reign of this node, whose log has the same as that replica up to record \(common) alone: this data directory is an older copy, or has lost what it held. The replica is refused, and keeps what it has; an operator has to choose (docs/OPERATIONS.md, A data directory is put back, or copied)"
        case .epochForgotten(let epoch):
            "another member knows this node to have promised or led epoch \(epoch), of which it knows nothing: a copy of this node's data directory has used its identity, or this one is an older copy, put back from the past. The node follows, and counts for nothing until it has caught up. End the copy, if one runs; if nobody reigns, promote the node whose log is most advanced ('tandem promote' with an --url for each that is left), and this one follows it. If it was put back, start it with an empty data directory then"
        case .noGroup: "this node belongs to no group yet"
        case .sameNode:
            "another node has this one's identity, or it dials itself: was a data directory copied? A copy needs an empty data directory of its own"
        case .otherGroup(let address):
            "the node at \(address) belongs to another group: check --primary, or use another data directory"
        case .logFailed(let reason): reason
        case .logUnreadable(let reason):
            "a replica needs what cannot be read from this node's log: \(reason). Commits go on; start that replica from a copy of this node, or restore the file"
        case .epochsExhausted: "no epoch is left: another node claims the highest there can be"
        }
    }
}
