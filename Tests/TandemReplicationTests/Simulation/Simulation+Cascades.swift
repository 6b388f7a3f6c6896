import TandemLog

@testable import TandemReplication

/// Nodes that follow others as cascades: they are no members, and nobody counts on them.
extension Simulation {
    /// Identities of cascades that were set up anew; those of members that were stay below.
    private static let firstNewIdentity: UInt64 = 1000

    func makeCascade(_ number: Int) -> SimulatedNode {
        let identity = NodeID(UniqueID(high: 0, low: UInt64(number + 1)))
        let upstream = random.below(number)
        let node = SimulatedNode(
            number: number, state: DurableState(node: identity), role: .replica(primary: "n\(upstream)"))
        node.isCascade = true
        return node
    }

    private func isCascade(_ identity: NodeID) -> Bool {
        let low = identity.id.low
        return low >= Self.firstNewIdentity
            || low > UInt64(options.nodes) && low <= UInt64(options.nodes + options.cascades)
    }

    /// The operator starts it again, with any other node as its upstream: also with one that follows this one. Once
    /// everything is mended, with one that does not.
    func restartCascade(_ node: SimulatedNode) throws {
        let others = nodes.filter {
            !$0.lost && (isHostile ? $0.number != node.number : $0.number < node.number)
        }
        if !others.isEmpty { node.role = .replica(primary: others[random.below(others.count)].address) }
        node.wantsSnapshot = options.prunes && isHostile && random.once(in: 6)
        try start(node)
    }

    /// It loses everything, and is set up anew.
    func replaceCascade(_ node: SimulatedNode) {
        crash(node)
        cascadesReplaced += 1
        node.identity = NodeID(UniqueID(high: 0, low: Self.firstNewIdentity + UInt64(cascadesReplaced)))
        node.empty(keeping: DurableState(node: node.identity))
        say("node \(node.number), a cascade, is set up anew")
    }

    /// Stops the cascades that follow nobody who is there, or each other in a circle: they are started again.
    func straightenCascades() {
        for node in nodes where node.isCascade {
            guard case .replica(let upstream?) = node.role,
                nodes.prefix(node.number).contains(where: { $0.address == upstream && !$0.lost })
            else {
                crash(node)
                continue
            }
        }
    }

    /// A primary's clock, which grows with every message.
    func nextClock() -> UInt64 {
        clock += 1
        return clock
    }

    /// A stream to a cascade may go on to `end`.
    func relay(through end: Int, on connection: SimulatedConnection, of node: SimulatedNode) throws {
        guard end <= node.disk.flushed else {
            throw Violation(
                promise: "P4", what: "node \(node.number) relays record \(end), which a crash can take from it")
        }
        if end > connection.relayed ?? 0 { counts.relays += 1 }
        connection.relayed = end
        try pump(connection, of: node)
    }

    func relayFurther(through end: Int, of node: SimulatedNode) throws {
        for connection in connections
        where connection.acceptor == node.number && connection.acceptorOpen && connection.streamed != nil
            && connection.relayed != nil
        {
            try relay(through: end, on: connection, of: node)
        }
    }

    /// A cascade neither leads nor stands, and is no member for anybody.
    func checkCascade(_ node: SimulatedNode) throws {
        guard options.cascades > 0, let machine = node.machine else { return }
        if node.isCascade {
            guard [.idle, .replica, .failed].contains(machine.role) else {
                throw Violation(promise: "P1", what: "node \(node.number) is \(machine.role), although it is a cascade")
            }
        }
        if machine.log.memberRecords.last?.record.members.contains(where: { isCascade($0.node) }) == true {
            throw Violation(promise: "P1", what: "node \(node.number) takes a cascade for a member")
        }
    }
}
