import TandemLog
import TandemSQLite

/// The records of a group of transactions, ready to be sealed with their indexes, appended and streamed.
///
/// It belongs to the database thread until it is proposed, then to the replication thread until the group's fate is
/// decided; never to both, which is what protects it.
public final class GroupProposal: @unchecked Sendable {
    public var records: RecordBuffer
    public let count: Int
    /// Which segment the capture wrote its table definitions for: a later one begins with this group.
    public let segment: UInt64

    public init(records: RecordBuffer, count: Int, segment: UInt64) {
        self.records = records
        self.count = count
        self.segment = segment
    }
}

/// Where groups are proposed: the replication thread's side of the group commit.
public protocol GroupProposer: AnyObject, Sendable {
    /// Takes a group over; answers by ``DatabaseThread/groupAccepted(first:epoch:flush:nextSegment:)`` or
    /// ``DatabaseThread/groupRejected(_:)``. Returns at once.
    func propose(_ group: GroupProposal)

    /// The log has been flushed, or could not be. Returns at once.
    func flushed(_ flush: LogFlush, _ result: Result<Void, LogError>)

    /// The database shows everything up to `position`: said before its clients are answered, who may ask for that. What else
    /// follows from it, ``applied(_:)`` tells. Returns at once.
    func shows(_ position: Position)

    /// The database now stands at `position`. Returns at once.
    func applied(_ position: Position)

    /// On a node that is delayed by choice: everything that is old enough has been applied since the start. Returns at once.
    func caughtUp()

    /// No group is in flight, and none begins before ``DatabaseThread/resume()``: the answer to
    /// ``DatabaseThread/pause()``. Returns at once.
    func writesPaused()

    /// A table of this node is not what it ought to be, as far as it can tell. Returns at once.
    func drifted(_ drift: ContentDrift)

    /// The database can neither apply nor commit any more, for `reason`: stop taking writes, say why.
    func databaseFailed(_ reason: any Error)
}
