import TandemLog

// Asking the members, for a start and for a promotion: docs/REPLICATION.md, rules 6, 8, 9 and 25.
extension ReplicationMachine {
    mutating func elect(
        _ kind: PromiseRequest.Kind, phase: Election.Phase, acceptsDataLoss: Bool, endsWithSurvey: Bool = false,
        now: Moment
    ) {
        guard let epoch = nextEpoch() else { return note(.epochsExhausted) }
        election = Election(
            kind: kind, phase: phase, epoch: epoch, began: now, asked: now, acceptsDataLoss: acceptsDataLoss,
            endsWithSurvey: endsWithSurvey)
        switch phase {
        case .flushing: flushBeforeAsking(now: now)
        case .surveying: askMembers(now: now)
        case .asking: beginAsking(now: now)
        }
    }

    mutating func flushBeforeAsking(now: Moment) {
        election?.phase = .flushing
        if log.flushed < log.last, !mutations.contains(.candidateUnflushed) { return perform(.flushLog) }
        beginAsking(now: now)
    }

    /// Promises the epoch itself, durably, and asks for the others' promises (rules 6, 8).
    mutating func beginAsking(now: Moment) {
        guard var election else { return }
        // It was, when it was asked to stand: what it has heard since may have changed that (rules 14, 31).
        if case .promotion = election.kind, !durable.whole { return giveUpPromotion(.notEligible, now: now) }
        guard let epoch = nextEpoch() else { return note(.epochsExhausted) }
        note(counterOf: epoch)
        durable.promised = epoch
        if case .promotion = election.kind {
            durable.reign = nil
            closeUpstream(reason: "this node stands for promotion")
            upstream = .none
            role = .candidate
        }
        persist()
        election.phase = .asking
        election.awaitsLease = false
        election.epoch = epoch
        election.promises = [:]
        election.refusals = [:]
        self.election = election
        if case .start = election.kind, mutations.contains(.streamBeforePromises) {
            beginReign(epoch, promises: [:], now: now)
        }
        askMembers(now: now)
    }

    /// Asks all members, and looks whether it needs any of them.
    private mutating func askMembers(now: Moment) {
        guard var election, let group = durable.group else { return }
        election.asked = now
        self.election = election
        for member in otherMembers() { ask(member, in: election, group: group) }
        considerElection(now: now)
    }

    private mutating func ask(_ member: Member, in election: Election, group: GroupID) {
        guard member.address != configuration.address else { return }
        let request = PromiseRequest(
            kind: election.kind, group: group, node: durable.node, address: configuration.address,
            epoch: election.epoch, survey: election.phase == .surveying)
        perform(.ask(member, request))
    }

    /// All that are asked: the members this node knows, and in a promotion those the promisers know (rule 9).
    func electorate(of election: Election) -> [Member] {
        var result = otherMembers()
        guard case .promotion = election.kind else { return result }
        for (_, promised) in election.promises.sorted(by: { $0.key < $1.key }) {
            for member in promised.memberRecords.lazy.flatMap(\.record.members)
            where member.node != durable.node && !result.contains(where: { $0.node == member.node }) {
                result.append(member)
            }
        }
        return result
    }

    /// All members but this one, in the records that may be in force.
    func otherMembers() -> [Member] {
        var result: [Member] = []
        for placed in log.recordsInForce(commit: commit).reversed() {
            for member in placed.record.members
            where member.node != durable.node && !result.contains(where: { $0.node == member.node }) {
                result.append(member)
            }
        }
        return result
    }

    /// A member has answered START or PROMISE, or a survey of them.
    public mutating func promiseAnswered(_ answer: PromiseAnswer, now: Moment) -> [Action] {
        // A node of another group has a member's address by now: what it has promised is nothing to this group (rule 25).
        if case .refused(let refused) = answer.outcome, refused.reason == .otherGroup { return finish() }
        guard var election, answer.epoch == election.epoch, answer.survey == (election.phase == .surveying) else {
            if case .refused(let refused) = answer.outcome { learn(refused.promised, from: answer.node, now: now) }
            return finish()
        }
        if let committed = committedBeyondLog(in: answer, of: election) {
            giveUpStart(lacking: committed, knownBy: answer.node, now: now)
            return finish()
        }
        let known = electorate(of: election)
        switch answer.outcome {
        case .promised(let promised):
            let isRepeated = mutations.contains(.promisesCountedTwice) && election.promises[answer.node] != nil
            election.promises[isRepeated ? NodeID.nobody : answer.node] = promised
        case .refused(let refused): election.refusals[answer.node] = refused
        }
        self.election = election
        if let group = durable.group {
            for member in electorate(of: election) where !known.contains(where: { $0.node == member.node }) {
                ask(member, in: election, group: group)
            }
        }
        if case .refused(let refused) = answer.outcome {
            note(counterOf: refused.promised)
            refusedInElection(refused, by: answer.node, now: now)
        }
        considerElection(now: now)
        return finish()
    }

    /// What a refusal means at once: somebody has taken over since (rule 25).
    private mutating func refusedInElection(_ refused: Refused, by node: NodeID, now: Moment) {
        guard let election else { return }
        primaryHint = refused.primary ?? primaryHint
        if let promised = refused.promised, hasForgotten(promised) {
            loseMemory(of: promised, now: now)
            return
        }
        switch election.kind {
        case .start:
            guard let promised = refused.promised else { return }
            let later = durable.promised.map { promised > $0 } ?? true
            if refused.reason == .superseded || later && promised.node != durable.node {
                stepDown(.superseded(by: promised), now: now)
            }
        case .promotion:
            if let promised = refused.promised, election.phase == .asking, promised > election.epoch {
                giveUpPromotion(.superseded(by: promised), now: now)
            } else if refused.reason == .primaryAlive, !election.acceptsDataLoss {
                giveUpPromotion(.primaryAlive(sighting(by: node, of: refused.primary)), now: now)
            }
        case .announcement: break
        }
    }

    /// Looks whether the answers so far are enough.
    mutating func considerElection(now: Moment) {
        guard let election else { return }
        switch election.kind {
        case .start: considerStart(election, now: now)
        case .promotion: considerPromotion(election, now: now)
        case .announcement: break
        }
    }

    /// Repeats questions that got too few answers in time.
    mutating func repeatQuestions(now: Moment) {
        considerElection(now: now)
        guard let election, now - election.asked >= answerTimeout(of: election) else { return }
        guard case .start = election.kind else { return }
        if awaitsLease {
            // Somebody else may have got the lease, and been elected: only a question tells.
            return now - election.asked >= configuration.leaseWait ? surveyAgain(now: now) : ()
        }
        let waited = now - election.began >= configuration.missingMemberWait
        let silent = otherMembers().filter { election.promises[$0.node] == nil }
        report(.waitingForPromises(missing: missingForStart(election, waited: waited), of: silent))
        switch election.phase {
        case .surveying: surveyAgain(now: now)
        case .flushing: break
        case .asking:
            self.election?.repetitions += 1
            beginAsking(now: now)
        }
    }

    private mutating func surveyAgain(now: Moment) {
        guard var election else { return }
        election.phase = .surveying
        election.awaitsLease = false
        election.epoch = nextEpoch() ?? election.epoch
        election.promises = [:]
        election.refusals = [:]
        self.election = election
        askMembers(now: now)
    }

    /// How long answers are waited for. Each repetition asks for promises of a new epoch, which answers to the one before
    /// do not give: members that take longer than the first time-out are waited for longer each time, up to eight times.
    private func answerTimeout(of election: Election) -> Duration {
        configuration.questionTimeout * (1 << min(election.repetitions, 3))
    }
}
