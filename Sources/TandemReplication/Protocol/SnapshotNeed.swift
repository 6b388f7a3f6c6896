import TandemLog

/// Why a node takes a snapshot (docs/REPLICATION.md, rules 14 and 32).
public enum SnapshotNeed: Hashable, Sendable {
    /// It has applied what the primary's log does not have; their logs agree up to `common`.
    case diverged(common: LogIndex, epoch: Epoch)
    /// The primary's log begins behind the end of what they have in common.
    case pruned
    /// The database lacks records that this node's own log does not hold any more.
    case databaseBehind
    /// An operator wants the database to be made anew.
    case requested

    /// Whether the node's log belongs to a history that was given up. It cannot stay, although it may hold the snapshot's
    /// record: it is known to be committed further than the primary's, so that the node would be found to have diverged at
    /// its next connection, and at each one after that.
    var isDiverged: Bool {
        if case .diverged = self { true } else { false }
    }
}
