import TandemLog

@testable import TandemReplication

/// Crashes, lost disks, restarts and promotions; and the end, when everything is mended.
extension Simulation {
    func crash(_ node: SimulatedNode, surviving: Set<Int>? = nil) {
        guard node.isUp else { return }
        counts.crashes += 1
        node.machine = nil
        node.isFlushing = false
        node.groupFlush = nil
        node.mustFlushAgain = false
        node.waitsToInstall = nil
        node.stoppedUntil = nil
        node.waiting = []
        node.disk.crash(mistakes: options.mistakes, surviving: surviving, random: &random)
        say("node \(node.number) crashes; \(node.disk.last) records are left, applied \(node.disk.applied)")
        for connection in connections {
            if connection.acceptor == node.number, connection.acceptorRun == node.run {
                connection.acceptorOpen = false
                connection.streamed = nil
                if random.once(in: 2) { connection.toDialler.append(.closed) }
            }
            if connection.dialler == node.number, connection.diallerRun == node.run {
                connection.diallerOpen = false
                if random.once(in: 2) { connection.toAcceptor.append(.closed) }
            }
        }
    }

    /// The operator starts the node again, with some command line: who was the last one to reign, as far as it knows, goes
    /// on as primary whatever that says.
    func restart(_ node: SimulatedNode) throws {
        if node.isCascade { return try restartCascade(node) }
        // A node that has lost its log refuses to be started as a primary, and says to start it as a replica.
        let mayReign = node.disk.state.whole
        let reigned = mayReign && node.disk.state.reign != nil
        let others = nodes.filter { $0.number != node.number && !$0.lost }
        let known = others.isEmpty ? nil : others[random.below(others.count)].address
        let isToldSo = reigned && random.below(4) > 0
        node.role =
            isToldSo || mayReign && node.number == 0 && node.disk.state.group != nil
            ? primaryRole : .replica(primary: known)
        node.wantsSnapshot = options.prunes && isHostile && random.once(in: 6)
        node.snapshotSource = node.wantsSnapshot && random.once(in: 2) ? known : nil
        if options.changesAcknowledgements { changeRule(of: node) }
        try start(node)
    }

    /// Asks for other acknowledgements, of a primary, or of a replica for when it reigns.
    private func changeRule(of node: SimulatedNode) {
        let rules: [AcknowledgementRule] = [.count(0), .count(1), .count(options.nodes - 1), .majority, .all]
        let asked = rules[random.below(rules.count)]
        switch node.role {
        case .primary(_, let degradeAfter):
            node.role = .primary(acknowledgements: asked, degradeAfter: degradeAfter)
        case .replica:
            let degradeAfter: Duration? = options.degrades ? .milliseconds(600) : nil
            let rule = ReplicationMachine.Configuration.Rule(acknowledgements: asked, degradeAfter: degradeAfter)
            node.ruleOfReplica = random.once(in: 2) ? rule : nil
        }
    }

    func promote(_ node: SimulatedNode, surveyFirst: Bool) throws {
        guard node.canTakeEvents, node.machine?.role == .replica || node.machine?.role == .starting else {
            return
        }
        say("an operator promotes node \(node.number)")
        try handle(node) { $0.promoteRequested(surveyFirst: surveyFirst, now: self.clock(of: node)) }
    }

    /// An operator wants to know whether a node would be promoted: that changes nothing.
    func askAboutPromotion(_ node: SimulatedNode) throws {
        guard node.canTakeEvents, let before = node.machine else { return }
        say("an operator asks whether node \(node.number) would be promoted")
        try handle(node) { $0.promotionSurveyRequested(now: self.clock(of: node)) }
        guard node.machine?.durable == before.durable else {
            throw Violation(promise: "P4", what: "node \(node.number) has promised something where it was only asked")
        }
        guard let election = before.election else { return }
        guard node.machine?.election?.epoch == election.epoch, node.machine?.election?.began == election.began else {
            throw Violation(
                promise: "alarm", what: "node \(node.number) begins its start anew where it was only asked")
        }
    }

    /// A process is stopped for a while, and goes on as if nothing had been.
    func stop(_ node: SimulatedNode) {
        guard node.isUp, !node.isStopped else { return }
        counts.stops += 1
        let duration = Duration.milliseconds(20 + random.below(1000))
        node.stoppedUntil = now + duration
        say("node \(node.number) is stopped for \(duration)")
    }

    /// An operator wants `node` to take over from the primary that reigns.
    func handOver(_ node: SimulatedNode) throws {
        guard let primary = nodes.first(where: { $0.machine?.servesWrites == true }), primary.canTakeEvents,
            primary.number != node.number
        else { return }
        say("an operator has node \(node.number) take over from node \(primary.number)")
        let limit = Duration.milliseconds(100 + random.below(400))
        try handle(primary) { $0.handOverRequested(to: node.identity, within: limit, now: self.clock(of: primary)) }
    }

    /// An operator takes a node out of the group; it comes back as soon as it follows again.
    func remove(_ node: SimulatedNode) throws {
        guard let primary = nodes.first(where: { $0.machine?.servesWrites == true }), primary.canTakeEvents else {
            return
        }
        say("an operator removes node \(node.number)")
        try handle(primary) {
            $0.removalRequested(of: node.identity, acceptsDataLoss: false, now: self.clock(of: primary))
        }
    }

    /// A disk is lost, as long as the group was promised to survive it; sometimes its node with it.
    func loseDisk(of node: SimulatedNode) {
        if node.isCascade { return replaceCascade(node) }
        guard options.loses, !node.lost, !node.amnesiac, node.identity.id.low <= UInt64(nodes.count) else { return }
        guard let members = ledger.records.last(where: { $0.members != nil })?.members, !members.mayDegrade,
            members.members.count == options.nodes
        else { return }
        let gone = replaced + nodes.count { $0.lost || $0.amnesiac }
        guard gone < members.acknowledgements.required(replicas: options.nodes - 1) else { return }
        switch random.below(3) {
        case 0:
            wipe(node)
            node.lost = true
            say("node \(node.number) never comes back")
        case 1: replace(node)
        default: wipe(node)
        }
    }

    /// The node loses its log and its database, and keeps its identity with what it promised: it does not know what
    /// it acknowledged.
    func wipe(_ node: SimulatedNode) {
        counts.wipes += 1
        crash(node)
        var state = node.disk.state
        state.whole = false
        node.empty(keeping: state)
        node.amnesiac = true
        node.amnesiaKnownTo = []
        say("node \(node.number) loses its log")
    }

    /// The node loses everything and is set up anew at its address: another identity, and no member.
    private func replace(_ node: SimulatedNode) {
        wipe(node)
        replaced += 1
        node.amnesiac = false
        node.identity = NodeID(UniqueID(high: 0, low: UInt64(nodes.count + replaced)))
        node.empty(keeping: DurableState(node: node.identity))
        say("node \(node.number) is set up anew")
    }

    /// Mends everything, and expects the group to commit and to agree again.
    func heal() throws -> Bool {
        isHostile = false
        cutLinks = []
        delivered = []
        for node in nodes {
            node.stoppedUntil = nil
            node.disk.room = nil
        }
        for node in nodes where node.hasDrifted {
            node.hasDrifted = false
            crash(node)
        }
        straightenCascades()
        say("everything is mended")
        var goal: Int?
        for round in 0..<4000 {
            if round % 16 == 0 { try operate(round: round) }
            if options.leases, round % 4 == 0 { for node in nodes { try lookAfterLease(of: node) } }
            pass(milliseconds: 5)
            switch random.below(10) {
            case 0..<5: for _ in 0...options.cascades { try deliverSomething() }
            case 5..<7: for _ in 0...options.cascades { try tickSomebody() }
            case 7..<9: for node in nodes { _ = try apply(on: node) }
            default: try finishFlushes()
            }
            if round % 8 == 0 { try transferSomething() }
            if let reached = goal {
                if isLevel(at: reached) { return true }
                // Its primary may have been deposed meanwhile.
                if round % 400 == 0, ledger.last < reached { goal = nil }
            } else {
                goal = try proposeGoal()
            }
        }
        if canHeal {
            throw Violation(promise: Violation.recovery, what: "the group does not recover: \(standings)")
        }
        return false
    }

    /// Where each node stands, for who looks for the reason.
    private var standings: String {
        nodes.map { node in
            guard let machine = node.machine else { return "n\(node.number) \(node.lost ? "lost" : "down")" }
            let rules = machine.log.recordsInForce(commit: machine.commit).map { "\($0.index)" }
            return
                "n\(node.number) \(machine.role)\(machine.durable.whole ? "" : ", not whole"), last \(machine.log.last), "
                + "commit \(machine.commit), rules of \(rules.joined(separator: ", "))"
        }.joined(separator: "; ")
    }

    /// What an operator does until the group works: starts what is down, promotes somebody if nobody reigns.
    private func operate(round: Int) throws {
        for node in nodes where !node.lost {
            if node.machine?.role == .failed || node.isDatabaseDead, node.canTakeEvents { crash(node) }
            // Whoever knows no member but an address that does not answer is given another.
            if node.machine?.log.last == .zero, node.machine?.role == .replica, round % 320 == 0 { crash(node) }
            if !node.isUp { try restart(node) }
        }
        let reigns = nodes.contains { $0.machine?.role == .primary || $0.machine?.role == .candidate }
        guard round % 160 == 0, round > 0, !reigns else { return }
        let eligible = nodes.filter { !$0.isCascade && $0.machine?.durable.whole ?? false }
        guard !eligible.isEmpty else { return }
        let advised = advice.flatMap { identity in eligible.first { $0.identity == identity } }
        advice = nil
        try promote(advised ?? eligible[random.below(eligible.count)], surveyFirst: random.once(in: 2))
    }

    /// Executes a transaction wherever it can be; its commit is the goal.
    private func proposeGoal() throws -> Int? {
        for node in nodes where node.group == nil {
            if try propose(on: node) { return max(node.disk.last, ledger.last) }
        }
        return nil
    }

    private func isLevel(at goal: Int) -> Bool {
        guard ledger.last >= goal else { return false }
        return nodes.allSatisfy { node in
            node.lost || node.machine.map { Int($0.applied.rawValue) >= goal } ?? false
        }
    }

    /// Whether enough nodes that know everything are left: to promote one of them, and to commit, under every member
    /// record that may be in force as far as those know that are farthest.
    private var canHeal: Bool {
        let alive = nodes.filter { !$0.lost && !$0.isCascade }
        let whole = alive.filter { $0.machine?.durable.whole ?? false }
        let last = whole.compactMap { $0.machine?.log }.compactMap { $0.position(at: $0.last) }.max()
        return whole.contains { node in
            guard let machine = node.machine, machine.log.position(at: machine.log.last) == last else { return false }
            let records = machine.log.recordsInForce(commit: machine.commit).map(\.record)
            return !records.isEmpty
                && records.allSatisfy { suffices(whole, toPromoteUnder: $0) && suffices(alive, toCommitUnder: $0) }
        }
    }

    private func suffices(_ some: [SimulatedNode], toPromoteUnder record: MemberRecord) -> Bool {
        let count = record.members.count
        let required = record.acknowledgements.required(replicas: count - 1)
        let promised = record.members.count { member in some.contains { $0.identity == member.node } }
        return promised >= (required > count - 1 || record.mayDegrade ? count : count - required)
    }

    private func suffices(_ some: [SimulatedNode], toCommitUnder record: MemberRecord) -> Bool {
        let count = record.members.count
        let required = record.acknowledgements.required(replicas: count - 1)
        let alive = record.members.count { member in some.contains { $0.identity == member.node } }
        return required > count - 1 || alive > required
    }
}
