import TandemLog

@testable import TandemReplication

/// The rim of a simulated node: carries out the machine's actions.
extension Simulation {
    func start(_ node: SimulatedNode) throws {
        node.run += 1
        node.fetching = nil
        node.kept = node.incoming ?? node.kept
        node.incoming = nil
        let (log, applied) = node.disk.summary(knownCommit: node.flushedMark)
        var configuration = ReplicationMachine.Configuration(
            role: node.role, address: node.address, keepaliveInterval: .milliseconds(100),
            silenceLimit: .milliseconds(500), redialDelay: .milliseconds(20), questionTimeout: .milliseconds(200),
            missingMemberWait: .milliseconds(500), levelDistance: 4)
        configuration.ruleOfReplica = node.ruleOfReplica
        configuration.wantsSnapshot = node.wantsSnapshot
        configuration.snapshotSource = node.snapshotSource
        configuration.cascades = node.isCascade
        configuration.requiresLease = options.leases
        configuration.leaseWait = .milliseconds(500)
        var machine = ReplicationMachine(
            configuration: configuration, durable: node.disk.state, log: log, applied: applied)
        machine.mutations = options.mutations
        node.machine = machine
        node.released = node.disk.applied
        node.group = nil
        node.isPaused = false
        node.isDatabaseDead = false
        say("node \(node.number) starts with \(node.disk.last) records, applied \(node.disk.applied)")
        if node.hasDrifted { try handle(node) { $0.databaseDrifted(now: self.clock(of: node)) } }
        try handle(node) { $0.started(now: self.clock(of: node)) }
        if node.machine?.snapshotNeed == .databaseBehind {
            throw Violation(promise: "P1", what: "node \(node.number) needs records that it has pruned")
        }
        if case .databaseBeyondLog? = node.machine?.problem, let problem = node.machine?.problem {
            throw Violation(promise: "P4", what: "node \(node.number) cannot start: \(problem)")
        }
    }

    /// Hands an event to a node's machine and carries out what it wants.
    func handle(_ node: SimulatedNode, _ event: (inout ReplicationMachine) -> [ReplicationMachine.Action]) throws {
        guard node.canTakeEvents else { return }
        guard var machine = node.machine.take() else { return }
        node.wasPrimary = machine.role == .primary
        let former = machine.role
        let actions = event(&machine)
        node.machine = machine
        try checkDatabase(of: node, was: former)
        try checkCascade(node)
        if actions.isEmpty { return }
        try execute(actions, on: node)
    }

    func execute(_ actions: [ReplicationMachine.Action], on node: SimulatedNode) throws {
        var isToldTooEarly = false
        for (offset, action) in actions.enumerated() {
            if case .flushLog = action {
                guard let flush = node.groupFlush else {
                    return try beginFlush(node, rest: actions[(offset + 1)...])
                }
                putOffFlush(node, behind: flush)
                isToldTooEarly = options.mistakes.contains(.begunFlushCounts)
            } else if case .persist = action, isHostile, random.once(in: 80 * options.calm) {
                return crash(node)
            }
            do {
                try execute(action, on: node)
            } catch let failure as WriteFailure {
                return try failLog(of: node, failure.what)
            }
            guard node.isUp else { return }
        }
        try check(node)
        guard isToldTooEarly else { return }
        let through = LogIndex(UInt64(node.disk.last))
        try handle(node) { $0.flushed(through: through, now: self.clock(of: node)) }
    }

    private func execute(_ action: ReplicationMachine.Action, on node: SimulatedNode) throws {
        switch action {
        case .persist(let state): try persist(state, on: node)
        case .appendEpochRecord(let record, let index, let mark):
            counts.reigns += 1
            try append(.epoch(record), epoch: record.epoch, at: index, mark: mark, on: node)
        case .appendMemberRecord(let record, let index, let epoch, let mark):
            counts.memberChanges += 1
            try append(.members(record), epoch: epoch, at: index, mark: mark, on: node)
        case .appendProposed(let first, let epoch, let mark):
            try appendProposal(on: node, first: first, epoch: epoch, mark: mark)
        case .appendReceived(let mark):
            try write(node.received, at: node.disk.last + 1, mark: mark, on: node)
        case .cutLog(let index, _): try cut(above: Int(index.rawValue), on: node)
        case .commitAdvanced(let position):
            try commit(through: Int(position.index.rawValue), on: node)
        case .applyFromLog(let position):
            node.released = max(node.released, Int(position.index.rawValue))
        case .becameReady(let epoch):
            node.isPaused = false
            say("node \(node.number) is ready in \(epoch.counter)@\(node.number)")
            try ledger.ready(node.disk, in: epoch, who: node.number)
        case .refuseProposed: node.proposal = []
        case .steppedDown(let reason):
            say("node \(node.number) steps down: \(reason)")
            node.group = nil
            node.isPaused = false
        case .pauseWrites:
            node.isPaused = true
            node.hasToldPause = false
        case .resumeWrites: node.isPaused = false
        case .report(let report):
            try note(report, of: node)
        case .keepLog: break
        case .fetchSnapshot(let primary, let request):
            fetchSnapshot(from: node.snapshotSource ?? primary, minimum: Int(request.minimum.rawValue), for: node)
        case .abandonSnapshot: abandonSnapshot(of: node)
        case .installSnapshot(_, let replacesLog): try install(on: node, replacesLog: replacesLog)
        case .flushLog: break
        case .stream, .streamAppended, .relay, .relayFurther, .send, .close, .dial, .sendUpstream, .closeUpstream, .ask:
            try network(action, of: node)
        }
    }

    private func append(
        _ content: SimulatedRecord.Content, epoch: Epoch, at index: LogIndex, mark: LogIndex, on node: SimulatedNode
    ) throws {
        say("node \(node.number) appends \(index): \(content)")
        let record = SimulatedRecord(epoch: epoch, content: content, after: node.disk.lastChecksum)
        try write([record], at: Int(index.rawValue), mark: mark, on: node)
    }

    /// Writes the group, which the database thread flushes from then on.
    private func appendProposal(on node: SimulatedNode, first: LogIndex, epoch: Epoch, mark: LogIndex) throws {
        var digest = node.disk.digest
        var batch: [SimulatedRecord] = []
        for transaction in node.proposal {
            let content = SimulatedRecord.Content.transaction(transaction, base: digest)
            let previous = batch.last?.checksum ?? node.disk.lastChecksum
            let record = SimulatedRecord(epoch: epoch, content: content, after: previous)
            batch.append(record)
            digest = record.digest(after: digest)
        }
        say("node \(node.number) appends \(first): transactions \(node.proposal)")
        node.proposal = []
        try write(batch, at: Int(first.rawValue), mark: mark, on: node)
        node.group = node.disk.last
        node.groupFlush = node.disk.beginFlush(mark: node.mark)
    }

    /// A primary's clients may be told, a replica's applier may go on.
    private func commit(through index: Int, on node: SimulatedNode) throws {
        node.released = max(node.released, index)
        guard node.wasPrimary || node.machine?.role == .primary else { return }
        try checkLease(of: node)
        let before = ledger.last
        try ledger.claim(through: index, by: node.disk, who: node.number)
        if ledger.last > before {
            counts.commits += ledger.last - before
            say("node \(node.number) commits up to \(index)")
            for record in before + 1...index { try checkAcknowledgements(of: record, after: before, by: node) }
        }
    }

    private func note(_ report: ReplicationReport, of node: SimulatedNode) throws {
        say("node \(node.number) reports \(report)")
        switch report {
        case .elected(_, let promisers, _): if !promisers.isEmpty { counts.promotions += 1 }
        case .promotionGivenUp(.behind(let ahead, _)): advice = ahead
        case .replicaConnected(let identity, _, _):
            if let other = nodes.first(where: { $0.identity == identity }), other.amnesiac {
                other.amnesiaKnownTo.insert(node.number)
            }
        case .degraded: counts.degradings += 1
        case .handingOver: counts.handOvers += 1
        case .problem(.diverged(let common, let applied, let commit, _)):
            throw Violation(
                promise: "P4",
                what: "node \(node.number) needs a rebuild: common \(common), applied \(applied), commit \(commit)")
        case .problem(.logOlderThanCommitted), .problem(.epochForgotten), .problem(.replicaKnowsMore):
            // Stories alone put disks back to an older state.
            guard options.mutations.isEmpty, options.mistakes.isEmpty, !putBack.contains(node.number) else { break }
            throw Violation(promise: "alarm", what: "node \(node.number) is told that it is an older copy: \(report)")
        default: break
        }
    }

    /// The machine's own invariants; once a write has failed, what is on the disk is not what it had decided.
    private func check(_ node: SimulatedNode) throws {
        guard let machine = node.machine, options.mutations.isEmpty else { return }
        let bound = min(machine.commit, machine.log.flushed)
        let isTrue =
            Int(machine.log.last.rawValue) == node.disk.last && machine.durable == node.disk.state
            && Int(machine.log.flushed.rawValue) <= node.disk.flushed
        guard machine.applied <= bound, machine.commit <= machine.log.last, machine.log.flushed <= machine.log.last,
            isTrue || machine.role == .failed
        else {
            throw Violation(promise: "P3", what: "node \(node.number) breaks its invariants: \(machine.log)")
        }
    }

    /// What is called committed is durable where it was promised to be (P1).
    private func checkAcknowledgements(of index: Int, after before: Int, by node: SimulatedNode) throws {
        let checksum = ledger.checksum(at: index)
        guard node.disk.holds(checksum, at: index) else {
            throw Violation(promise: "P1", what: "node \(node.number) commits \(index), not durable there")
        }
        let placed = ledger.records.enumerated().compactMap { offset, record in
            record.members.map { (index: offset + 1, record: $0) }
        }
        let start = placed.lastIndex { $0.index <= before } ?? 0
        for (position, rule) in placed.enumerated() where position >= start {
            let members = rule.record.members
            let later = placed[(position + 1)...]
            var required = rule.record.acknowledgements.required(replicas: members.count - 1) + 1
            let degrades = later.contains { $0.record.acknowledgements == .count(0) }
            if required > members.count && !later.isEmpty || rule.record.mayDegrade && degrades { required = 1 }
            // Members that were set up anew are gone, as if they had held it.
            let gone = members.count { member in !nodes.contains { $0.identity == member.node } }
            let holders =
                gone
                + nodes.count { other in
                    members.contains { $0.node == other.identity }
                        && (other.disk.holds(checksum, at: index) || other.lost
                            || other.amnesiac && !other.amnesiaKnownTo.contains(node.number))
                }
            guard holders >= required else {
                throw Violation(
                    promise: "P1",
                    what: "node \(node.number) commits \(index), durable on \(holders) of \(required) members")
            }
        }
    }
}
