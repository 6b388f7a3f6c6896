import TandemLog
import TandemReplication

/// A group of nodes, a network and operators, all driven by one seed; the promises are checked at every step.
final class Simulation {
    let seed: UInt64
    let options: SimulationOptions
    var random: SeededGenerator
    var nodes: [SimulatedNode] = []
    var connections: [SimulatedConnection] = []
    var ledger = Ledger()
    var now = Moment.zero
    var nextConnection: UInt64 = 1
    var nextTransaction = 1
    /// Pairs of nodes that cannot reach each other, as `lower * 8 + higher`.
    var cutLinks: Set<Int> = []
    /// Some of what was delivered, and may come again.
    var delivered: [DeliveredPacket] = []
    /// Stories only: everything that was delivered.
    var remembersAll = false
    var trace: [String] = []
    /// Crashes in the middle of things, failing disks.
    var isHostile = true
    /// Stories only: nodes whose disk was put back to an older state.
    var putBack: Set<Int> = []
    /// Stories only: records travel one by one.
    var splitsBatches = false
    /// The node that a promotion was told to promote instead.
    var advice: NodeID?
    /// The group's lease, as the store has it.
    var lease: Lease?
    /// How many nodes were set up anew: their former identities are gone for good.
    var replaced = 0
    /// How many cascades were set up anew.
    var cascadesReplaced = 0
    var clock: UInt64 = 0
    var counts = Counts()

    struct Counts {
        var commits = 0, crashes = 0, promotions = 0, reigns = 0, cuts = 0, wipes = 0, degradings = 0
        var memberChanges = 0, handOvers = 0, takeOvers = 0, prunings = 0, snapshots = 0, leases = 0,
            databasesFailed = 0, stops = 0, relays = 0, overtakenFlushes = 0, repetitions = 0, filledDisks = 0,
            writesWithoutRoom = 0

        static func += (total: inout Counts, other: Counts) {
            total.commits += other.commits
            total.crashes += other.crashes
            total.promotions += other.promotions
            total.reigns += other.reigns
            total.cuts += other.cuts
            total.wipes += other.wipes
            total.degradings += other.degradings
            total.memberChanges += other.memberChanges
            total.handOvers += other.handOvers
            total.takeOvers += other.takeOvers
            total.prunings += other.prunings
            total.snapshots += other.snapshots
            total.leases += other.leases
            total.databasesFailed += other.databasesFailed
            total.stops += other.stops
            total.relays += other.relays
            total.overtakenFlushes += other.overtakenFlushes
            total.repetitions += other.repetitions
            total.filledDisks += other.filledDisks
            total.writesWithoutRoom += other.writesWithoutRoom
        }
    }

    static let group = GroupID(UniqueID(high: 7, low: 7))

    init(seed: UInt64, options: SimulationOptions) {
        self.seed = seed
        self.options = options
        random = SeededGenerator(seed: seed)
        for number in 0..<options.nodes { nodes.append(makeNode(number)) }
        for _ in 0..<options.cascades { nodes.append(makeCascade(nodes.count)) }
        if options.hasOwnClocks { for node in nodes { node.pace = 950 + random.below(101) } }
        if !options.fromScratch { layFoundation() }
    }

    private func makeNode(_ number: Int) -> SimulatedNode {
        let identity = NodeID(UniqueID(high: 0, low: UInt64(number + 1)))
        let isCreator = number == 0
        return SimulatedNode(
            number: number, state: DurableState(node: identity, group: isCreator ? Self.group : nil),
            role: isCreator ? primaryRole : .replica(primary: "n0"))
    }

    var primaryRole: ReplicationMachine.Configuration.Role {
        .primary(
            acknowledgements: options.acknowledgements, degradeAfter: options.degrades ? .milliseconds(600) : nil)
    }

    /// A group that has just been set up: node 0 reigns, all are members, level and whole.
    private func layFoundation() {
        let epoch = Epoch(counter: 1, node: nodes[0].identity)
        let founders = nodes.prefix(options.founders ?? options.nodes)
        let members = MemberRecord(
            members: founders.map { Member(node: $0.identity, address: $0.address) },
            acknowledgements: options.acknowledgements, mayDegrade: options.degrades)
        let record = SimulatedRecord(
            epoch: epoch,
            content: .epoch(EpochRecord(epoch: epoch, promises: [], members: members, forced: false)), after: 0)
        for node in founders {
            node.disk.append([record])
            node.disk.flush()
            node.flushedMark = 1
            node.disk.state = DurableState(
                node: node.identity, group: Self.group, promised: epoch, reign: node.number == 0 ? epoch : nil,
                whole: true, incarnation: 1)
        }
        try? ledger.claim(through: 1, by: nodes[0].disk, who: 0)
    }

    /// Runs the random phase, then heals everything and expects the group to work again.
    ///
    /// - Returns: whether it could be healed; false if too few nodes that know everything were left.
    func run() throws -> Bool {
        for node in nodes { try start(node) }
        for _ in 0..<options.steps { try step() }
        return try heal()
    }

    func say(_ text: @autoclosure () -> String) {
        if options.traces { trace.append("\(now.nanoseconds / 1_000_000) ms  \(text())") }
    }

    /// The trace, with nodes called n0, n1 … instead of by their whole identities.
    var story: String {
        var text = trace.joined(separator: "\n")
        for node in nodes { text = text.replacing(node.identity.description, with: node.address) }
        for noise in ["TandemLog.", "TandemReplication.", "ReplicationReport."] {
            text = text.replacing(noise, with: "")
        }
        return text
    }

    func isCut(_ first: Int, _ second: Int) -> Bool {
        !cutLinks.isEmpty && cutLinks.contains(min(first, second) * 8 + max(first, second))
    }

    // MARK: Events

    func step() throws {
        pass(milliseconds: random.below(15))
        if options.prunes, random.once(in: 8) { try pruneOrTransfer() }
        if options.leases, random.once(in: 3) { try lookAfterLease(of: nodes[random.below(nodes.count)]) }
        if options.repeats, random.once(in: 12) { try repeatSomething() }
        if options.fills, random.once(in: 30 * options.calm) { fillOrEmpty(nodes[random.below(nodes.count)]) }
        switch random.below(100) {
        case 0..<60: try deliverSomething()
        case 60..<70: try tickSomebody()
        case 70..<79: try proposeSomewhere()
        case 79..<88: try applySomewhere()
        case 88..<92: try finishFlushes()
        default: if random.once(in: options.calm) { try disturb() } else { try deliverSomething() }
        }
    }

    private func pruneOrTransfer() throws {
        if random.once(in: 3) { prune(nodes[random.below(nodes.count)]) } else { try transferSomething() }
    }

    func pass(milliseconds: Int) {
        now = now + .milliseconds(milliseconds)
        for node in nodes {
            guard let end = node.stoppedUntil, now >= end else { continue }
            node.stoppedUntil = nil
            say("node \(node.number) goes on")
        }
    }

    /// The moment by a node's own clock, which nobody sets, but which may go up to a twentieth too fast or too slow.
    func clock(of node: SimulatedNode) -> Moment {
        Moment(nanoseconds: now.nanoseconds / 1000 * Int64(node.pace))
    }

    private func disturb() throws {
        let node = nodes[random.below(nodes.count)]
        switch random.below(29) {
        case 0..<3: crash(node)
        case 3..<9: if let down = nodes.first(where: { !$0.isUp && !$0.lost }) { try restart(down) }
        case 9..<11: try breakSomeConnection()
        case 11..<16: toggleLink()
        case 16..<19:
            if random.once(in: 3) {
                if random.once(in: 3) { try remove(node) } else { try handOver(node) }
            } else {
                try promote(node, surveyFirst: random.once(in: 4))
            }
        case 19..<21: if !node.isFlushing, !node.isStopped, !node.disk.isFull { node.disk.checkpoint() }
        case 21: try failDatabaseCommit(node)
        case 22: try restartFailed()
        case 23: if random.once(in: 2) { try failDatabase(of: node) } else { try findDrift(on: node) }
        case 24..<27: stop(node)
        case 27: try askAboutPromotion(node)
        default: if random.once(in: 2) { loseDisk(of: node) }
        }
    }

    /// An operator restarts a node whose log or database has failed.
    private func restartFailed() throws {
        for node in nodes where (node.machine?.role == .failed || node.isDatabaseDead) && node.canTakeEvents {
            crash(node)
            try restart(node)
        }
    }

    func tickSomebody() throws { try tick(nodes[random.below(nodes.count)]) }

    func tick(_ node: SimulatedNode) throws {
        guard node.canTakeEvents else { return }
        try handle(node) { $0.ticked(now: self.clock(of: node)) }
        try tellPause(node)
        try drain(node)
    }

    /// The writer of a node that is to pause has nothing in flight.
    private func tellPause(_ node: SimulatedNode) throws {
        guard node.isDatabaseFree, node.isPaused, !node.hasToldPause, node.group == nil else { return }
        node.hasToldPause = true
        try handle(node) { $0.writesPaused(now: self.clock(of: node)) }
    }

    func drain(_ node: SimulatedNode) throws {
        guard node.canTakeEvents, !node.holdsDrain else { return }
        try handle(node) { $0.drained(now: self.clock(of: node)) }
    }

    private func proposeSomewhere() throws {
        let start = random.below(nodes.count)
        for offset in nodes.indices {
            let node = nodes[(start + offset) % nodes.count]
            if try propose(on: node, count: 1 + random.below(3)) { return }
        }
    }

    /// The writer executes a group on its database as it is, and hands it in.
    @discardableResult
    func propose(on node: SimulatedNode, count: Int = 1) throws -> Bool {
        guard node.isDatabaseFree, node.group == nil, !node.isPaused, node.machine?.servesWrites == true else {
            return false
        }
        node.proposal = (0..<count).map { nextTransaction + $0 }
        nextTransaction += count
        say("node \(node.number) executes transactions \(node.proposal)")
        try handle(node) { $0.proposed(count: count, now: self.clock(of: node)) }
        if !node.holdsFlush, !isHostile || random.once(in: 3) { try finishGroupFlush(node) }
        return true
    }

    private func applySomewhere() throws {
        let start = random.below(nodes.count)
        for offset in nodes.indices {
            let node = nodes[(start + offset) % nodes.count]
            if try apply(on: node) { return }
        }
    }

    /// The writer COMMITs its group, or the applier applies what is released.
    func apply(on node: SimulatedNode) throws -> Bool {
        guard node.isDatabaseFree, let machine = node.machine else { return false }
        if node.disk.isFull {
            // SQLite's COMMIT takes room; what is released stays released.
            try failDatabaseCommit(node)
            return false
        }
        let through = min(node.released, node.disk.last)
        guard through > node.disk.applied else { return false }
        if let group = node.group, machine.role == .primary {
            guard through >= group else { return false }
            node.group = nil
        }
        node.disk.apply(through: through)
        try ledger.see(node.disk, who: node.number)
        say("node \(node.number) applies up to \(through)")
        let position = Position(epoch: node.disk.records[through - 1].epoch, index: LogIndex(UInt64(through)))
        try handle(node) { $0.applied(position, now: self.clock(of: node)) }
        if random.once(in: 2) { try drain(node) }
        return true
    }

    private func failDatabaseCommit(_ node: SimulatedNode) throws {
        guard node.isDatabaseFree, let group = node.group, node.released >= group else { return }
        node.group = nil
        try handle(node) { $0.databaseCommitFailed(now: self.clock(of: node)) }
    }
}
