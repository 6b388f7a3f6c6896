import TandemLog

@testable import TandemReplication

/// A schedule told step by step, for what random ones find rarely. Nothing happens by chance, and only what is told.
final class Story {
    let simulation: Simulation

    /// A group of whole, level members; node 0 reigns, in epoch 2, and its log ends at record 2.
    init(_ told: ToldStory, breaking: PlantedMistake?) throws {
        var options = SimulationOptions(nodes: told.nodes, acknowledgements: told.acknowledgements)
        options.degrades = told.degrades
        options.founders = told.founders
        options.cascades = told.cascades
        options.mutations = breaking?.mutations ?? []
        options.mistakes = breaking?.mistakes ?? []
        options.traces = true
        simulation = Simulation(seed: 1, options: options)
        simulation.isHostile = false
        for node in simulation.nodes.prefix(told.founders ?? told.nodes) { try simulation.start(node) }
        try settle()
    }

    var nodes: [SimulatedNode] { simulation.nodes }

    // MARK: The network

    func cut(_ first: Int, _ second: Int) { simulation.cutLinks.insert(min(first, second) * 8 + max(first, second)) }
    func mend(_ first: Int, _ second: Int) { simulation.cutLinks.remove(min(first, second) * 8 + max(first, second)) }
    func mendAll() { simulation.cutLinks = [] }

    func isolate(_ number: Int) {
        for other in nodes.indices where other != number { cut(number, other) }
    }

    /// Breaks the connections between two nodes: what is under way on them is lost.
    func breakConnections(_ first: Int, _ second: Int) {
        for connection in simulation.connections
        where Set([connection.dialler, connection.acceptor]) == Set([first, second]) {
            (connection.toAcceptor, connection.toDialler) = ([.closed], [.closed])
        }
    }

    /// Lets everything that can happen without anybody's doing happen for so many rounds of 30 ms.
    func settle(rounds: Int = 12) throws {
        for _ in 0..<rounds {
            try deliverAll { _ in true }
            for node in nodes { _ = try simulation.apply(on: node) }
            for node in nodes { try simulation.drain(node) }
            simulation.pass(milliseconds: 30)
            for node in nodes { try simulation.tick(node) }
        }
    }

    /// Delivers questions and their answers, and nothing else.
    func deliverQuestions() throws { try deliverAll { $0.number == nil } }

    private func deliverAll(on chosen: (SimulatedConnection) -> Bool) throws {
        var moved = true
        var rounds = 0
        while moved, rounds < 100 {
            moved = false
            rounds += 1
            for connection in simulation.connections where chosen(connection) {
                while try simulation.deliver(on: connection, upwards: false) { moved = true }
            }
            for node in nodes { try simulation.drain(node) }
        }
    }

    /// Delivers packet by packet between two nodes, until something holds.
    func exchange(_ first: Int, _ second: Int, until holds: () -> Bool) throws {
        guard try !stream(first, second, rounds: 400, until: holds) else { return }
        throw Violation(promise: "story", what: "what was waited for did not come")
    }

    /// Delivers packet by packet between two nodes, but no questions.
    ///
    /// - Returns: whether what is waited for has come.
    @discardableResult
    func stream(_ first: Int, _ second: Int, rounds: Int, until holds: () -> Bool = { false }) throws -> Bool {
        for _ in 0..<rounds {
            for connection in simulation.connections
            where connection.number != nil
                && Set([connection.dialler, connection.acceptor]) == Set([first, second])
                && !simulation.isCut(first, second)
            {
                if holds() { return true }
                if try !simulation.deliverUp(connection) { _ = try simulation.deliverDown(connection) }
                try simulation.drain(nodes[connection.dialler])
            }
            if holds() { return true }
            simulation.pass(milliseconds: 5)
            try simulation.tick(nodes[first])
            try simulation.tick(nodes[second])
        }
        return false
    }

    // MARK: The nodes

    /// Crashes a node; of what it had not flushed, only the given slots of its log survive.
    func crash(_ number: Int, surviving: Set<Int> = []) { simulation.crash(nodes[number], surviving: surviving) }

    func startAsPrimary(_ number: Int) throws {
        nodes[number].role = simulation.primaryRole
        try simulation.start(nodes[number])
    }

    func startAsReplica(_ number: Int, of primary: Int) throws {
        nodes[number].role = .replica(primary: nodes[primary].address)
        try simulation.start(nodes[number])
    }

    /// A node's disk as it is, and what its log tells to be committed.
    func copyDisk(of number: Int) -> (disk: SimulatedDisk, mark: Int) {
        (nodes[number].disk, nodes[number].flushedMark)
    }

    /// Crashes a node, whose disk is an older copy of itself from then on.
    func putBack(_ number: Int, to copy: (disk: SimulatedDisk, mark: Int)) {
        crash(number)
        simulation.putBack.insert(number)
        nodes[number].disk = copy.disk
        (nodes[number].mark, nodes[number].flushedMark) = (copy.mark, copy.mark)
    }

    /// Loses a node's disk with its identity: whoever has its address from then on is somebody else.
    func renew(_ number: Int) {
        crash(number)
        nodes[number].identity = NodeID(UniqueID(high: 0, low: 100 + UInt64(number)))
        nodes[number].empty(keeping: DurableState(node: nodes[number].identity))
    }

    /// Has a primary take a member out of the group.
    func remove(_ member: NodeID, at primary: Int, acceptsDataLoss: Bool = false) throws {
        try simulation.handle(nodes[primary]) {
            $0.removalRequested(
                of: member, acceptsDataLoss: acceptsDataLoss, now: self.simulation.clock(of: self.nodes[primary]))
        }
    }

    func wipe(_ number: Int) { simulation.wipe(nodes[number]) }
    func promote(_ number: Int) throws { try simulation.promote(nodes[number], surveyFirst: false) }

    /// Executes a group of transactions on a primary.
    func execute(_ number: Int, count: Int = 1) throws {
        guard try simulation.propose(on: nodes[number], count: count) else {
            throw Violation(promise: "story", what: "node \(number) takes no writes")
        }
    }

    /// Whether a node follows a primary at the moment.
    func follows(_ number: Int) -> Bool {
        guard case .following? = nodes[number].machine?.upstream else { return false }
        return true
    }

    /// What a primary has counted for a replica.
    func acknowledged(by replica: Int, at primary: Int) -> LogIndex {
        nodes[primary].machine?.followers[nodes[replica].identity]?.acknowledged ?? .zero
    }
}
