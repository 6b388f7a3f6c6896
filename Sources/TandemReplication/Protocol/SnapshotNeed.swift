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
}
