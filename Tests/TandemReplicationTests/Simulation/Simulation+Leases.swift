import TandemLog
import TandemReplication

/// The store that gives the group's lease, and the nodes' agents that ask it.
extension Simulation {
    /// Who may reign, and until when.
    struct Lease {
        let holder: Int
        var end: Moment
    }

    private static let leaseTime = Duration.milliseconds(600)

    /// One round of a node's agent, which sees the store as it is; what it is told may not reach the node.
    func lookAfterLease(of node: SimulatedNode) throws {
        guard node.canTakeEvents, let machine = node.machine else { return }
        let isFree = lease.map { now >= $0.end } ?? true
        let wantsLease = machine.role == .primary || machine.awaitsLease
        if isFree {
            if wantsLease {
                try give(to: node)
            } else if machine.mayStand, isAhead(node) || random.once(in: 4) {
                try give(to: node)
                try handle(node) { $0.promoteRequested(surveyFirst: false, now: self.clock(of: node)) }
            }
        } else if lease?.holder == node.number {
            if wantsLease || machine.role == .candidate { return try give(to: node) }
            say("node \(node.number) gives the lease back")
            lease = nil
            try handle(node) { $0.leaseLost(now: self.clock(of: node)) }
        } else if random.once(in: 2) {
            try handle(node) { $0.leaseLost(now: self.clock(of: node)) }
        }
    }

    private func give(to node: SimulatedNode) throws {
        if lease?.holder != node.number {
            counts.leases += 1
            say("node \(node.number) takes the lease")
        }
        lease = Lease(holder: node.number, end: now + Self.leaseTime)
        if isHostile, random.once(in: 4) { return }
        let now = clock(of: node)
        try handle(node) { $0.leaseExtended(until: now + Self.leaseTime * 0.9, now: now) }
    }

    /// Whether no other node that runs has more.
    private func isAhead(_ node: SimulatedNode) -> Bool {
        func position(_ node: SimulatedNode) -> Position? {
            node.machine.flatMap { $0.log.position(at: $0.log.flushed) }
        }
        guard let own = position(node) else { return false }
        return nodes.allSatisfy { other in position(other).map { $0 <= own } ?? true }
    }

    /// Nobody commits without the lease.
    func checkLease(of node: SimulatedNode) throws {
        guard options.leases, node.machine?.role == .primary else { return }
        guard let lease, lease.holder == node.number, now < lease.end else {
            throw Violation(promise: "P4", what: "node \(node.number) commits without the lease")
        }
    }
}
