import TandemReplication

extension SnapshotNeed {
    /// Why, for people.
    var words: String {
        switch self {
        case .diverged(let common, let epoch):
            "records above \(common) were applied here which the primary of epoch \(epoch) does not have"
        case .pruned: "the primary's log begins behind the end of this node's"
        case .databaseBehind: "the database lacks records that are no longer in the log"
        case .requested: "it was asked for (--resync)"
        }
    }
}
