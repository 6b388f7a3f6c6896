import TandemLog

// Becoming primary by a restart: docs/REPLICATION.md, rules 6, 29 and the first set-up of rule 27.
extension ReplicationMachine {
    /// The node's files are open; it begins to take part.
    public mutating func started(now: Moment) -> [Action] {
        precondition(role == .idle, "a machine is started once")
        durable.incarnation &+= 1
        durable.cascades = configuration.cascades
        persist()
        if let openedAt, log.position(at: openedAt.index) != openedAt {
            role = .failed
            note(.databaseBeyondLog(applied: openedAt, last: log.last))
            return finish()
        }
        release()
        if snapshotNeed == .databaseBehind {
            // Its log can be promised and acknowledged from, but nobody reigns with such a database.
            note(.databaseBehindLog(applied: applied, first: log.first))
            guard case .replica = configuration.role else {
                role = .failed
                return finish()
            }
            follow(now: now)
            fetchSnapshotAtOnce()
            return finish()
        }
        switch configuration.role {
        // Whoever reigned last goes on, whatever it was first started as: a replica that was promoted.
        case .replica where configuration.cascades || durable.reign == nil || !durable.whole || durable.group == nil:
            follow(now: now)
            if let forgotten = durable.forgotten { note(.epochForgotten(forgotten)) }
        case .replica, .primary: startAsPrimary(now: now)
        }
        fetchSnapshotAtOnce()
        return finish()
    }

    private mutating func startAsPrimary(now: Moment) {
        if case .failed(let reason) = database {
            role = .failed
            return note(.logFailed(reason))
        }
        guard durable.group != nil else { return follow(instead: .noGroup, now: now) }
        guard durable.whole else {
            let forgotten = durable.forgotten.map { ReplicationProblem.epochForgotten($0) }
            return follow(instead: forgotten ?? .notWhole, now: now)
        }
        if log.last == .zero, durable.promised == nil || durable.promised?.node == durable.node {
            return setUp(now: now)
        }
        guard let reign = durable.reign else { return follow(instead: .notLastPrimary, now: now) }
        role = .starting
        if mutations.contains(.reuseEpoch) { return reignAgain(in: reign, now: now) }
        let phase: Election.Phase = mutations.contains(.streamBeforePromises) ? .asking : .surveying
        elect(.start(reign: reign), phase: phase, acceptsDataLoss: false, now: now)
    }

    private mutating func follow(instead problem: ReplicationProblem, now: Moment) {
        note(problem)
        follow(now: now)
    }

    /// The first start of a group: its creator is its only member (rule 27).
    mutating func setUp(now: Moment) {
        guard holdsLease(now: now) else {
            role = .starting
            return
        }
        guard let epoch = nextEpoch() else { return note(.epochsExhausted) }
        beginReign(epoch, promises: [:], continuing: Epoch(counter: 0, node: durable.node), now: now)
    }

    /// What a member knows to have been committed in the reign that is to go on, or after it, behind this node's last record.
    ///
    /// A primary flushes before it commits: its log has lost what it held, as an older copy of its disk has. Of an earlier
    /// reign it proves nothing: somebody may have given those records up by force since.
    func committedBeyondLog(in answer: PromiseAnswer, of election: Election) -> Position? {
        guard case .start(let reign) = election.kind, case .promised(let promised) = answer.outcome,
            let committed = promised.committed, committed.epoch >= reign,
            !mutations.contains(.startBehindCommitted)
        else { return nil }
        guard let last = log.position(at: log.last) else { return committed }
        return committed > last ? committed : nil
    }

    /// Follows, and counts for nothing until it has caught up (rule 30): it may have promised what it does not remember, too.
    mutating func giveUpStart(lacking committed: Position, knownBy member: NodeID, now: Moment) {
        becomeNotWhole()
        stepDown(.lacking(committed), now: now)
        note(.logOlderThanCommitted(last: log.last, committed: committed, member: member))
    }

    mutating func considerStart(_ election: Election, now: Moment) {
        let waited = now - election.began >= configuration.missingMemberWait
        let missing = missingForStart(election, waited: waited)
        guard missing == 0 || mutations.contains(.startAlone) else { return }
        let silent = otherMembers().filter { election.promises[$0.node] == nil }
        switch election.phase {
        case .surveying:
            if !silent.isEmpty, waited { report(.startsWithout(silent)) }
            beginAsking(now: now)
        case .flushing: break
        case .asking:
            guard holdsLease(now: now) else {
                self.election?.awaitsLease = true
                return
            }
            self.election = nil
            if mutations.contains(.streamBeforePromises) { return advanceCommit(now: now) }
            let since = durable.continues ?? election.continuedReign
            beginReign(election.epoch, promises: election.promises, continuing: since, now: now)
        }
    }

    /// How many promises a start still lacks, under the rule that lacks most (rules 6, 27, 29).
    func missingForStart(_ election: Election, waited: Bool) -> Int {
        var result = 0
        for placed in log.recordsInForce(commit: commit) {
            let record = placed.record
            let others = record.members.filter { $0.node != durable.node }
            let promised = others.count { election.promises[$0.node] != nil }
            let required = record.requiredAcknowledgements
            // A node that is no member under this rule counts for nothing under it; where no promotion goes without
            // all members, one of them is enough.
            let own = record.contains(durable.node) ? 1 : 0
            let unsatisfiable = required > record.members.count - 1
            let mayGoAlone = required == 0 || record.mayDegrade
            if unsatisfiable || mayGoAlone && waited {
                result = max(result, 1 - own - promised)
            } else if mayGoAlone, election.phase == .surveying {
                result = max(result, others.count - promised)
            } else {
                result = max(result, required + 1 - own - promised)
            }
        }
        return result
    }

    private mutating func reignAgain(in epoch: Epoch, now: Moment) {
        role = .primary
        reign = Reign(epoch: epoch, epochIndex: log.last, announced: now)
        perform(.flushLog)
    }

    /// Records a problem, and says so if it is news.
    mutating func note(_ problem: ReplicationProblem) {
        guard self.problem != problem else { return }
        self.problem = problem
        report(.problem(problem))
    }
}
