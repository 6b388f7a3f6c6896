import TandemLog
import Testing

@testable import TandemReplication

/// Elections whose answers take their time: docs/REPLICATION.md, rules 6 to 9.
@Suite struct MachineElectionTests {
    private static let group = GroupID(UniqueID(high: 1, low: 1))
    private static let nodes = (1...3).map { NodeID(UniqueID(high: 0, low: $0)) }
    private static let epoch = Epoch(counter: 1, node: nodes[0])
    private static let record = MemberRecord(
        members: nodes.map { Member(node: $0, address: "\($0):1") }, acknowledgements: .count(1), mayDegrade: false)

    /// A node of a group of three, whose log has two records of which `flushed` are safe.
    private func node(
        _ number: Int, _ role: ReplicationMachine.Configuration.Role, reign: Epoch? = nil, flushed: LogIndex = 2
    ) -> ReplicationMachine {
        var history = EpochHistory()
        history.begin(Self.epoch, at: 1)
        return ReplicationMachine(
            configuration: .init(role: role, address: "one:1"),
            durable: DurableState(node: Self.nodes[number], group: Self.group, promised: Self.epoch, reign: reign),
            log: LogSummary(
                last: 2, flushed: flushed, history: history,
                memberRecords: [PlacedMemberRecord(index: 1, record: Self.record)], knownCommit: 1), applied: nil)
    }

    private func answer(
        of member: NodeID, to request: PromiseRequest, committed: Position? = nil, at position: Position? = nil
    ) -> PromiseAnswer {
        PromiseAnswer(
            node: member, epoch: request.epoch, survey: request.survey,
            outcome: .promised(
                PromiseAnswer.Promised(
                    position: position ?? committed ?? Position(epoch: Self.epoch, index: 2), committed: committed,
                    memberRecords: [PlacedMemberRecord(index: 1, record: Self.record)])))
    }

    /// Lets time pass, a tenth of a second at a time, with all answers `delay` late; until the machine is primary, or for
    /// a minute.
    private func run(
        _ machine: inout ReplicationMachine, _ first: [ReplicationMachine.Action], answersAfter delay: Duration,
        members: [NodeID]
    ) -> [ReplicationReport] {
        var reports: [ReplicationReport] = []
        var underWay: [(due: Moment, answer: PromiseAnswer)] = []
        var now = Moment.zero
        func take(_ actions: [ReplicationMachine.Action]) {
            for case .report(let report) in actions { reports.append(report) }
            for case .ask(let member, let request) in actions where members.contains(member.node) {
                underWay.append((now + delay, answer(of: member.node, to: request)))
            }
        }
        take(first)
        for _ in 0..<600 where machine.role != .primary {
            now = now + .milliseconds(100)
            take(machine.ticked(now: now))
            while let next = underWay.firstIndex(where: { $0.due <= now }) {
                take(machine.promiseAnswered(underWay.remove(at: next).answer, now: now))
            }
        }
        return reports
    }

    @Test(arguments: [500, 1500, 3000, 7000])
    func aPrimaryStartsAgainHoweverFarItsMembersAre(milliseconds: Int) {
        var machine = node(0, .primary(acknowledgements: .count(1), degradeAfter: nil), reign: Self.epoch)
        let actions = machine.started(now: .zero)
        _ = run(
            &machine, actions, answersAfter: .milliseconds(milliseconds), members: Array(Self.nodes.dropFirst()))
        #expect(machine.role == .primary)
    }

    enum Ahead: CaseIterable { case member, stranger, strangerWhoKnowsItCommitted }

    /// Seed 1942723773920610456: a node had the address of a member that had lost its disk, and the only copy of a record that
    /// was never committed. It could not be promoted, and nobody else was.
    @Test(arguments: Ahead.allCases) func whoIsAheadCountsAsAMemberOrWithWhatIsCommitted(_ ahead: Ahead) throws {
        var machine = node(1, .replica(primary: nil))
        _ = machine.started(now: .zero)
        let asked = machine.promoteRequested(surveyFirst: false, now: .zero)
        let request = try #require(question(to: Self.nodes[2], in: asked))
        let other = ahead == .member ? Self.nodes[2] : NodeID(UniqueID(high: 0, low: 9))
        let position = Position(epoch: Self.epoch, index: 3)
        let committed = ahead == .strangerWhoKnowsItCommitted ? position : nil
        _ = machine.promiseAnswered(
            answer(of: other, to: request, committed: committed, at: position), now: .zero)
        _ = machine.promiseAnswered(answer(of: Self.nodes[2], to: request), now: .zero)
        #expect(machine.role == (ahead == .stranger ? .primary : .replica))
    }

    @Test(arguments: [500, 1500, 3000])
    func aPromotionWaitsForMembersThatAreFarAwayWhereItNeedsThem(milliseconds: Int) {
        var machine = node(1, .replica(primary: nil))
        _ = machine.started(now: .zero)
        let actions = machine.promoteRequested(now: .zero)
        let reports = run(&machine, actions, answersAfter: .milliseconds(milliseconds), members: [Self.nodes[2]])
        #expect(machine.role == .primary, "\(reports)")
    }

    /// A primary's virtual machine was put back to yesterday's: it began its reign again with what it had then, and the
    /// replicas cut off what had been acknowledged since.
    @Test(arguments: [(1, 2, true), (1, 3, false), (2, 1, false)], [1, 2])
    func aPrimaryThatLacksWhatWasCommittedInItsReignGivesItUp(
        _ committed: (counter: UInt32, index: UInt64, goesOn: Bool), inAnswer: Int
    ) throws {
        var machine = node(0, .primary(acknowledgements: .count(1), degradeAfter: nil), reign: Self.epoch)
        let position = Position(
            epoch: Epoch(counter: committed.counter, node: Self.nodes[0]), index: LogIndex(committed.index))
        var actions = machine.started(now: .zero)
        for round in 1...2 {
            guard let request = question(to: Self.nodes[1], in: actions) else { break }
            actions = machine.promiseAnswered(
                answer(of: Self.nodes[1], to: request, committed: round == inAnswer ? position : nil), now: .zero)
        }
        #expect(machine.role == (committed.goesOn ? .primary : .replica))
        #expect(machine.durable.whole == committed.goesOn)
        guard !committed.goesOn else { return }
        #expect(machine.durable.reign == nil)
        guard case .logOlderThanCommitted(last: 2, position, member: Self.nodes[1])? = machine.problem else {
            return #expect(Bool(false), "\(String(describing: machine.problem))")
        }
        #expect(actions.contains { if case .persist = $0 { true } else { false } })
    }

    /// What the group has given up by force, a member may still hold for committed.
    @Test func whatWasCommittedInAnEarlierReignDoesNotKeepAPrimaryFromGoingOn() throws {
        let later = Epoch(counter: Self.epoch.counter + 1, node: Self.nodes[0])
        var machine = node(0, .primary(acknowledgements: .count(1), degradeAfter: nil), reign: later)
        var actions = machine.started(now: .zero)
        for _ in 1...2 {
            let request = try #require(question(to: Self.nodes[1], in: actions))
            actions = machine.promiseAnswered(
                answer(of: Self.nodes[1], to: request, committed: Position(epoch: Self.epoch, index: 9)), now: .zero)
        }
        #expect(machine.role == .primary && machine.durable.whole)
    }

    /// A member's address had been given to a node of another group, whose epoch ended the start, and the reign, for good.
    @Test(arguments: [1, 2]) func whatAnotherGroupHasPromisedEndsNoStart(asked: Int) throws {
        var machine = node(0, .primary(acknowledgements: .count(1), degradeAfter: nil), reign: Self.epoch)
        let stranger = NodeID(UniqueID(high: 7, low: 7))
        let refused = Refused(reason: .otherGroup, promised: Epoch(counter: 9, node: stranger))
        var actions = machine.started(now: .zero)
        for round in 1...2 {
            let request = try #require(question(to: Self.nodes[1], in: actions))
            if round == asked {
                let durable = machine.durable
                let told = machine.promiseAnswered(
                    PromiseAnswer(
                        node: stranger, epoch: request.epoch, survey: request.survey, outcome: .refused(refused)),
                    now: .zero)
                #expect(told.isEmpty && machine.role == .starting && machine.durable == durable, "\(told)")
            }
            actions = machine.promiseAnswered(answer(of: Self.nodes[1], to: request), now: .zero)
        }
        #expect(machine.role == .primary && machine.durable.promised.map { $0.counter < 9 } ?? false)
    }

    /// It was elected: what it had forgotten was asked for only in a start. The operator was never told where it heard so from
    /// a CONNECT.
    @Test(arguments: [true, false], [true, false])
    func whoHasForgottenWhatItPromisedIsNotPromoted(surveyFirst: Bool, byRefusal: Bool) throws {
        var machine = node(1, .replica(primary: nil))
        _ = machine.started(now: .zero)
        let asked = machine.promoteRequested(surveyFirst: surveyFirst, now: .zero)
        let request = try #require(question(to: Self.nodes[0], in: asked))
        let forgotten = Epoch(counter: 7, node: Self.nodes[1])
        var told: [ReplicationMachine.Action]
        if byRefusal {
            told = machine.promiseAnswered(
                PromiseAnswer(
                    node: Self.nodes[0], epoch: request.epoch, survey: request.survey,
                    outcome: .refused(Refused(reason: .epochTooLow, promised: forgotten))), now: .zero)
        } else {
            told = machine.connectReceived(
                Connect(
                    group: Self.group, node: Self.nodes[0], address: "one:1", number: ConnectionNumber(rawValue: 1),
                    promised: forgotten, whole: true, history: EpochHistory(), last: .zero, commit: .zero),
                from: ConnectionID(1), now: .zero)
        }
        told += machine.promiseAnswered(answer(of: Self.nodes[2], to: request), now: .zero)
        told += machine.ticked(now: .zero + .seconds(5))
        #expect(machine.role == .replica && !machine.durable.whole && machine.election == nil)
        #expect(machine.problem == .epochForgotten(forgotten))
        #expect(machine.durable.promised == forgotten, "it must not go on with whom it had left")
        let failures = told.count { if case .report(.promotionGivenUp(.notEligible)) = $0 { true } else { false } }
        #expect(failures == 1, "\(told)")
    }

    /// It went on acknowledging to the primary that it had been promoted against.
    @Test func whoIsToldWhatItHasForgottenLeavesAnOlderPrimary() {
        var machine = node(1, .replica(primary: "one:1"))
        _ = machine.started(now: .zero)
        guard case .dialling(let number, _, _) = machine.upstream else {
            Issue.record("it dials nobody")
            return
        }
        _ = machine.accepted(
            Accept(
                group: Self.group, epoch: Self.epoch, number: number, common: 2, commit: 1, first: 1,
                acknowledged: .zero), now: .zero)
        #expect(machine.currentEpoch == Self.epoch)
        let forgotten = Epoch(counter: 7, node: Self.nodes[1])
        let told = machine.connectReceived(
            Connect(
                group: Self.group, node: Self.nodes[2], address: "three:3", number: ConnectionNumber(rawValue: 1),
                promised: forgotten, whole: true, history: EpochHistory(), last: .zero, commit: .zero),
            from: ConnectionID(1), now: .zero)
        #expect(told.contains { if case .closeUpstream(number, _) = $0 { true } else { false } })
        var persisted: DurableState?
        for case .persist(let state) in told { persisted = state }
        #expect(persisted?.promised == forgotten && persisted?.whole == false)
        #expect(machine.currentEpoch == nil)
        let later = machine.keepaliveReceived(
            Keepalive(epoch: Self.epoch, number: number, last: 2, commit: 2, clock: 1), now: .zero)
        #expect(later.isEmpty, "\(later)")

        // Nobody tells it again: it has promised that epoch now.
        let roles: [ReplicationMachine.Configuration.Role] = [
            .replica(primary: "one:1"), .primary(acknowledgements: .count(1), degradeAfter: nil),
        ]
        for role in roles {
            var again = ReplicationMachine(
                configuration: .init(role: role, address: "two:2"), durable: machine.durable, log: machine.log,
                applied: nil)
            _ = again.started(now: .zero)
            #expect(again.role == .replica && again.problem == .epochForgotten(forgotten))
        }
    }

    /// A founder whose disk was put back to before it had members has nobody to ask. Its former replicas took a snapshot of
    /// next to nothing.
    @Test(arguments: [true, false]) func aFounderThatIsPutBackTakesNoReplicaThatKnowsMore(isEmpty: Bool) {
        var history = EpochHistory()
        if !isEmpty { history.begin(Self.epoch, at: 1) }
        let alone = MemberRecord(
            members: [Member(node: Self.nodes[0], address: "one:1")], acknowledgements: .count(1), mayDegrade: false)
        let end: LogIndex = isEmpty ? .zero : 1
        let configuration = ReplicationMachine.Configuration(
            role: .primary(acknowledgements: .count(1), degradeAfter: nil), address: "one:1")
        var machine = ReplicationMachine(
            configuration: configuration,
            durable: DurableState(node: Self.nodes[0], group: Self.group, promised: Self.epoch, reign: Self.epoch),
            log: LogSummary(
                last: end, flushed: end, history: history,
                memberRecords: isEmpty ? [] : [PlacedMemberRecord(index: 1, record: alone)], knownCommit: end),
            applied: nil)
        _ = machine.started(now: .zero)
        #expect(machine.role == .primary)
        var known = EpochHistory()
        known.begin(Self.epoch, at: 1)
        for round in 1...2 as ClosedRange<UInt64> {
            let told = machine.connectReceived(
                Connect(
                    group: Self.group, node: Self.nodes[1], address: "two:2", number: ConnectionNumber(rawValue: round),
                    promised: Self.epoch, whole: true, history: known, last: 9, commit: 9),
                from: ConnectionID(round), now: .zero)
            let isRefused = told.contains {
                if case .send(.refused(let refused), _) = $0 { refused.reason == .lacksCommitted } else { false }
            }
            #expect(isRefused && machine.followers.isEmpty && machine.role == .primary, "\(told)")
            let isSaid = told.contains { if case .report(.problem) = $0 { true } else { false } }
            #expect(isSaid == (round == 1))
        }
        let committed = Position(epoch: Self.epoch, index: 9)
        #expect(machine.problem == .replicaKnowsMore(common: end, committed: committed, address: "two:2"))
        _ = machine.connectReceived(
            Connect(
                group: nil, node: Self.nodes[2], address: "three:3", number: ConnectionNumber(rawValue: 1),
                promised: nil, whole: true, history: EpochHistory(), last: .zero, commit: .zero),
            from: ConnectionID(3), now: .zero)
        #expect(machine.followers[Self.nodes[2]] != nil, "a new replica may join")

        // Another start goes on with the reign in which the replica was refused, of which it knows nothing.
        var again = ReplicationMachine(
            configuration: configuration, durable: machine.durable, log: machine.log, applied: nil)
        _ = again.started(now: .zero)
        #expect(again.role == .primary && again.durable.reign != machine.durable.reign)
        _ = again.connectReceived(
            Connect(
                group: Self.group, node: Self.nodes[1], address: "two:2", number: ConnectionNumber(rawValue: 3),
                promised: Self.epoch, whole: true, history: known, last: 9, commit: 9),
            from: ConnectionID(1), now: .zero)
        #expect(again.followers.isEmpty, "it would have given up what it has")
        #expect(again.problem == .replicaKnowsMore(common: end, committed: committed, address: "two:2"))
    }

    /// The operator's promotion waited until its time was up.
    @Test func aCandidateThatHearsOfALaterEpochSaysThatItGivesUp() {
        var machine = node(1, .replica(primary: nil))
        _ = machine.started(now: .zero)
        _ = machine.promoteRequested(surveyFirst: false, now: .zero)
        #expect(machine.role == .candidate)
        let later = Epoch(counter: 7, node: Self.nodes[2])
        let told = machine.connectReceived(
            Connect(
                group: Self.group, node: Self.nodes[0], address: "one:1", number: ConnectionNumber(rawValue: 1),
                promised: later, whole: true, history: EpochHistory(), last: .zero, commit: .zero),
            from: ConnectionID(1), now: .zero)
        #expect(machine.role == .replica)
        let isTold = told.contains {
            if case .report(.promotionGivenUp(.superseded(by: later))) = $0 { true } else { false }
        }
        #expect(isTold, "\(told)")
    }

    private func question(to member: NodeID, in actions: [ReplicationMachine.Action]) -> PromiseRequest? {
        for case .ask(let asked, let request) in actions where asked.node == member { return request }
        return nil
    }

    /// Seed 1242804770670272401 of the simulation: a dry promotion dropped the questions of the start, which began anew. The
    /// operator asks before the survey is answered, and before the promise is.
    @Test(arguments: [1, 2]) func aDrySurveyLeavesAStartAsItIs(before answered: Int) throws {
        var machine = node(0, .primary(acknowledgements: .count(1), degradeAfter: nil), reign: Self.epoch)
        var actions = machine.started(now: .zero)
        for round in 1...2 {
            let request = try #require(question(to: Self.nodes[1], in: actions))
            if round == answered {
                let durable = machine.durable
                let told = machine.promotionSurveyRequested(now: .zero)
                #expect(told.count == 1, "\(told)")
                #expect(told.contains { if case .report(.promotionGivenUp(.starting)) = $0 { true } else { false } })
                #expect(machine.role == .starting && machine.durable == durable)
            }
            actions = machine.promiseAnswered(answer(of: Self.nodes[1], to: request), now: .zero)
        }
        #expect(machine.role == .primary, "the answers to its own questions were enough")
    }

    /// Operators were told of the primary as its own witness, whoever had said that it is alive.
    @Test(arguments: [0, 2]) func whoSaysThatAPrimaryIsAliveIsSaidAndWhereItIs(witness: Int) throws {
        var machine = node(1, .replica(primary: nil))
        _ = machine.started(now: .zero)
        let asked = machine.promotionSurveyRequested(now: .zero)
        let request = try #require(question(to: Self.nodes[witness], in: asked))
        let primary = "\(Self.nodes[0]):1"
        let answers = machine.promiseAnswered(
            PromiseAnswer(
                node: Self.nodes[witness], epoch: request.epoch, survey: true,
                outcome: .refused(Refused(reason: .primaryAlive, promised: Self.epoch, primary: primary))),
            now: .zero)
        let sighting = ReplicationReport.Sighting(
            witness: Self.nodes[witness], address: "\(Self.nodes[witness]):1", primary: primary, within: .seconds(5))
        #expect(
            answers.contains {
                if case .report(.promotionGivenUp(.primaryAlive(sighting))) = $0 { true } else { false }
            })
        #expect(sighting.isOwn == (witness == 0))
    }

    @Test func theStatusKeepsWhatAPromotionFailedForUntilThisNodeLeads() throws {
        var machine = node(1, .replica(primary: nil))
        _ = machine.started(now: .zero)
        _ = machine.promotionSurveyRequested(now: .zero)
        _ = machine.ticked(now: .zero + .seconds(5))
        #expect(machine.election == nil)
        #expect(machine.status(now: .zero + .seconds(5)).failedPromotion == nil, "it was only asked")
        _ = machine.promoteRequested(now: .zero + .seconds(5))
        _ = machine.ticked(now: .zero + .seconds(10))
        let missing = [Self.record.members[0], Self.record.members[2]]
        let failure = ReplicationReport.PromotionFailure.tooFewPromises(present: 1, missing: missing, replaced: [])
        let expected = ReplicationStatus.FailedPromotion(failure: failure, since: .seconds(2))
        #expect(machine.status(now: .zero + .seconds(12)).failedPromotion == expected)

        let asked = machine.promoteRequested(surveyFirst: false, now: .zero + .seconds(12))
        let request = try #require(question(to: Self.nodes[2], in: asked))
        _ = machine.promiseAnswered(answer(of: Self.nodes[2], to: request), now: .zero + .seconds(12))
        #expect(machine.role == .primary && machine.status(now: .zero + .seconds(12)).failedPromotion == nil)
    }

    @Test func aCandidateComparesWhatIsFlushedAndNothingElse() {
        var machine = node(1, .replica(primary: nil), flushed: 1)
        _ = machine.started(now: .zero)
        let actions = machine.promoteRequested(surveyFirst: false, now: .zero)
        #expect(actions.contains { if case .flushLog = $0 { true } else { false } })
        // The flush of an earlier tail comes back, which a cut has taken the place of.
        let late = machine.flushed(through: 1, now: .zero)
        #expect(!late.contains { if case .ask = $0 { true } else { false } })
        #expect(late.contains { if case .flushLog = $0 { true } else { false } })
        let flushed = machine.flushed(through: 2, now: .zero)
        #expect(flushed.contains { if case .ask = $0 { true } else { false } })
    }
}
