import TandemReplication

extension SnapshotNeed {
    /// Why, for people.
    ///
    /// - Parameter followed: what the node that is followed is called.
    func words(follows followed: String) -> String {
        switch self {
        case .diverged(let common, let epoch):
            "records above \(common) were applied here which the \(followed) does not have in epoch \(epoch)"
        case .pruned: "the \(followed)'s log begins behind the end of this node's"
        case .databaseBehind: "the database lacks records that are no longer in the log"
        case .requested: "it was asked for (--resync)"
        }
    }
}
