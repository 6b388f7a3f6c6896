import TandemLog
import TandemReplication

/// What matters of a node for its failover.
struct FailoverSituation: Equatable, Sendable {
    var node: NodeID
    var group: GroupID?
    var address: String
    var role: ReplicationMachine.Role
    /// The node reigns, or lacks nothing for it but the lease.
    var needsLease: Bool
    /// The node could be promoted.
    var mayStand: Bool
    /// A replica hears from a primary.
    var follows = false
    /// For how long a primary's commits have been waiting for acknowledgements.
    var waiting: Duration = .zero
    /// The last record it has flushed.
    var position: Position?

    init(_ machine: ReplicationMachine, now: Moment) {
        node = machine.durable.node
        group = machine.durable.group
        address = machine.configuration.address
        role = machine.role
        needsLease = machine.role == .primary || machine.awaitsLease
        mayStand = machine.mayStand
        follows = machine.role == .replica && machine.currentEpoch != nil
        waiting = machine.waitForAcknowledgements(now: now)
        position = machine.log.position(at: machine.log.flushed)
    }

    init(node: NodeID, group: GroupID?, address: String, role: ReplicationMachine.Role) {
        self.node = node
        self.group = group
        self.address = address
        self.role = role
        needsLease = role == .primary
        mayStand = role == .replica
    }

    /// What it says of itself in the store; nil while it belongs to no group.
    var entry: FailoverEntry? {
        group.map {
            FailoverEntry(
                node: node.description, group: $0.description, address: address, position: position?.description)
        }
    }

    /// Whether that calls for a look into the store at once.
    func differsInRole(from other: FailoverSituation) -> Bool {
        role != other.role || needsLease != other.needsLease
    }
}
