import TandemLog

// Asking for a promotion, winning it, or giving it up: docs/REPLICATION.md, rules 8, 9, 27 and 29.
extension ReplicationMachine {
    /// An operator (or a failover agent) wants this node to become the primary (rule 8): a replica, or a primary that
    /// was restarted and waits for promises of members that will not come back.
    ///
    /// - Parameters:
    ///   - surveyFirst: ask first what the answers would be, and give up if a primary is alive or somebody is ahead.
    ///   - acceptsDataLoss: go without the promises that are missing; recorded in the epoch record.
    public mutating func promoteRequested(surveyFirst: Bool = true, acceptsDataLoss: Bool = false, now: Moment)
        -> [Action]
    {
        if let obstacle = obstacleToPromotion(surveyFirst: surveyFirst, acceptsDataLoss: acceptsDataLoss) {
            promotionFailed(obstacle, now: now)
            return finish()
        }
        elect(
            .promotion, phase: surveyFirst ? .surveying : .flushing, acceptsDataLoss: acceptsDataLoss, now: now)
        return finish()
    }

    /// An operator wants to know whether this node would be promoted: the survey alone (rule 8). Nothing is promised, and
    /// nothing changes; the answer is a report. A node that is starting asks its members already, and goes on with that.
    public mutating func promotionSurveyRequested(acceptsDataLoss: Bool = false, now: Moment) -> [Action] {
        if case .promotion? = election?.kind {
            report(.promotionGivenUp(.underWay))
        } else if let obstacle = obstacleToPromotion(surveyFirst: true, acceptsDataLoss: acceptsDataLoss) {
            report(.promotionGivenUp(obstacle))
        } else if role == .starting {
            report(.promotionGivenUp(.starting))
        } else {
            elect(.promotion, phase: .surveying, acceptsDataLoss: acceptsDataLoss, endsWithSurvey: true, now: now)
        }
        return finish()
    }

    private func obstacleToPromotion(
        surveyFirst: Bool, acceptsDataLoss: Bool
    ) -> ReplicationReport.PromotionFailure? {
        if let obstacle = obstacleToStanding(acceptsDataLoss: acceptsDataLoss) { return obstacle }
        guard surveyFirst, !acceptsDataLoss, case .following(let following) = upstream else { return nil }
        return .primaryAlive(sighting(by: durable.node, of: following.address))
    }

    /// - Parameter primary: where it is, as far as the witness knows.
    func sighting(by witness: NodeID, of primary: String?) -> ReplicationReport.Sighting {
        let own = witness == durable.node ? configuration.address : nil
        return ReplicationReport.Sighting(
            witness: witness, address: own ?? address(of: witness), primary: primary,
            within: configuration.silenceLimit)
    }

    mutating func considerPromotion(_ election: Election, now: Moment) {
        guard election.phase != .flushing else { return }
        let others = electorate(of: election)
        let waited = now - election.asked
        // A survey of enough members need not wait for the others; members without whom nothing goes may be far away.
        let late = waited >= configuration.questionTimeout * 4
        let answered = others.allSatisfy {
            election.promises[$0.node] != nil || election.refusals[$0.node] != nil
        }
        if let ahead = memberAhead(election) { return giveUpPromotion(.behind(ahead.node, ahead.position), now: now) }
        let missing = missingForPromotion(election)
        switch election.phase {
        case .surveying where answered || late || waited >= configuration.questionTimeout && missing == 0:
            if missing > 0, !election.acceptsDataLoss { return failForWant(election, now: now) }
            if election.endsWithSurvey {
                report(.promotionPossible)
                return endPromotion(now: now)
            }
            flushBeforeAsking(now: now)
        case .asking where missing == 0:
            elected(election, now: now)
        case .asking where answered || late:
            if election.acceptsDataLoss { return elected(election, loss: acceptedLoss(election), now: now) }
            failForWant(election, now: now)
        case .surveying, .flushing, .asking: break
        }
    }

    private mutating func elected(
        _ election: Election, loss: ReplicationReport.AcceptedLoss? = nil, now: Moment
    ) {
        guard holdsLease(now: now) else {
            self.election?.awaitsLease = true
            let waited = now - election.asked
            return waited < configuration.leaseWait ? () : giveUpPromotion(.withoutLease, now: now)
        }
        self.election = nil
        beginReign(election.epoch, promises: election.promises, loss: loss, now: now)
    }

    /// What an operator accepts to lose: what those have alone that have not promised.
    private func acceptedLoss(_ election: Election) -> ReplicationReport.AcceptedLoss {
        ReplicationReport.AcceptedLoss(missing: membersMissing(in: election), above: log.position(at: log.last))
    }

    /// A promising member whose log is ahead of this node's (rule 9). What another node holds alone, one that has a lost
    /// member's address by now and has not been added yet, counts only as far as it knows it to be committed.
    private func memberAhead(_ election: Election) -> (node: NodeID, position: Position)? {
        if mutations.contains(.promoteAny) { return nil }
        let own = log.position(at: log.last)
        let rules = rules(of: election)
        for (node, promised) in election.promises.sorted(by: { $0.key < $1.key }) {
            let isMember = rules.contains { $0.record.contains(node) }
            guard let position = isMember ? promised.position : promised.committed else { continue }
            guard let own else { return (node, position) }
            let ahead = mutations.contains(.promoteByIndex) ? position.index > own.index : position > own
            if ahead { return (node, position) }
        }
        return nil
    }

    /// How many promises a promotion still lacks, this node's own included in the count (rules 9, 27, 29).
    func missingForPromotion(_ election: Election) -> Int {
        let promisers = Set(election.promises.keys).union([durable.node])
        var result = 0
        for placed in rules(of: election) {
            let members = placed.record.members
            var promised = members.count { promisers.contains($0.node) }
            if mutations.contains(.promisesCountedTwice), promisers.contains(.nobody) { promised += 1 }
            result = max(result, promisesRequired(under: placed.record) - promised)
        }
        return result
    }

    /// What a promotion must win under: every member record from the last one in force to the last one in any promiser's log.
    ///
    /// What another node tells puts nothing out of force but with a record of this node's own log that it knows to be
    /// committed: it may have been forced there, or not be flushed.
    private func rules(of election: Election) -> [PlacedMemberRecord] {
        let promised = election.promises.values
        let told = promised.compactMap(\.committed).filter { log.position(at: $0.index) == $0 }.map(\.index)
        let own = log.recordsInForce(commit: max(commit, told.max() ?? .zero))
        var from = own.first?.index ?? .zero
        if mutations.contains(.foreignRulesReplaceOwn) {
            from = max(from, promised.compactMap(\.memberRecords.first?.index).max() ?? .zero)
        }
        return (own + promised.flatMap(\.memberRecords)).filter { $0.index >= from }
    }

    func promisesRequired(under record: MemberRecord) -> Int {
        let nodes = record.members.count
        let required = record.acknowledgements.required(replicas: nodes - 1)
        if required > nodes - 1 { return nodes }
        let degrades = record.mayDegrade && !mutations.contains(.promoteDespiteDegrading)
        let count = degrades ? nodes : nodes - required
        return mutations.contains(.promoteFew) ? count - 1 : count
    }

    private mutating func failForWant(_ election: Election, now: Moment) {
        let missing = membersMissing(in: election)
        giveUpPromotion(
            .tooFewPromises(
                present: election.promises.count + 1, missing: missing,
                replaced: replaced(among: missing, in: election)), now: now)
    }

    private func membersMissing(in election: Election) -> [Member] {
        electorate(of: election).filter { election.promises[$0.node] == nil }
    }

    /// Says so, and keeps it for the status of a node that has no primary; of a mere question nothing is kept.
    mutating func promotionFailed(_ failure: ReplicationReport.PromotionFailure, now: Moment) {
        report(.promotionGivenUp(failure))
        if case .following = upstream { return }
        if reign == nil, election?.endsWithSurvey != true { failedPromotion = (failure, now) }
    }

    mutating func giveUpPromotion(_ failure: ReplicationReport.PromotionFailure, now: Moment) {
        promotionFailed(failure, now: now)
        endPromotion(now: now)
    }

    private mutating func endPromotion(now: Moment) {
        election = nil
        if role == .candidate { return follow(now: now) }
        guard role == .starting, let reign = durable.reign else { return }
        elect(.start(reign: reign), phase: .surveying, acceptsDataLoss: false, now: now)
    }
}
