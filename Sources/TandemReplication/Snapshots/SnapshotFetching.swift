import TandemLog

/// A node's snapshots, as the driver sees them. All calls come on the replication thread and return at once.
public protocol SnapshotFetching: AnyObject {
    /// Begins to fetch a snapshot from the node at `address`, or goes on if that is under way. Ends with
    /// ``ReplicationDriver/snapshotReceived(_:end:)`` once it is whole, checked and durable.
    func fetch(from address: String, _ request: SnapshotRequest)

    /// Stops fetching and drops what has come.
    func abandon()

    /// Decides the installation of what was received, durably, and has the node opened anew.
    func install(_ position: Position, replacesLog: Bool)
}
