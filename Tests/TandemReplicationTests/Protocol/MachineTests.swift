import TandemLog
import Testing

@testable import TandemReplication

/// Single facts about the machine, one event after another.
@Suite struct MachineTests {
    static let group = GroupID(UniqueID(high: 1, low: 1))
    static let first = NodeID(UniqueID(high: 0, low: 1))
    static let second = NodeID(UniqueID(high: 0, low: 2))
    static let third = NodeID(UniqueID(high: 0, low: 3))

    /// A primary of a new group that asks for one acknowledgement.
    private func newPrimary(_ acknowledgements: AcknowledgementRule = .count(1), degradeAfter: Duration? = nil)
        -> ReplicationMachine
    {
        var machine = ReplicationMachine(
            configuration: .init(
                role: .primary(acknowledgements: acknowledgements, degradeAfter: degradeAfter), address: "one:1"),
            durable: DurableState(node: Self.first, group: Self.group), log: LogSummary(), applied: nil)
        _ = machine.started(now: .zero)
        _ = machine.flushed(through: 1, now: .zero)
        return machine
    }

    private func connect(
        _ node: NodeID, number: UInt64 = 1, promised: Epoch? = nil, history: EpochHistory = EpochHistory(),
        last: LogIndex = .zero, group: GroupID? = nil
    ) -> Connect {
        Connect(
            group: group, node: node, address: "two:2", number: ConnectionNumber(rawValue: number),
            promised: promised, whole: true, history: history, last: last, commit: .zero)
    }

    private func acknowledge(_ machine: inout ReplicationMachine, _ index: LogIndex, number: UInt64 = 1)
        -> [ReplicationMachine.Action]
    {
        machine.acknowledgementReceived(
            Acknowledgement(
                epoch: machine.durable.promised!, number: ConnectionNumber(rawValue: number), written: index,
                flushed: index, applied: .zero, whole: true), from: ConnectionID(number), now: .zero)
    }

    /// A primary with one level replica that is a member; both hold records 1 and 2.
    private func pair() -> ReplicationMachine {
        var machine = newPrimary()
        _ = machine.connectReceived(connect(Self.second), from: ConnectionID(1), now: .zero)
        _ = acknowledge(&machine, 1)
        _ = machine.flushed(through: 2, now: .zero)
        _ = acknowledge(&machine, 2)
        _ = machine.applied(machine.log.position(at: 1)!, now: .zero)
        return machine
    }

    /// A replica of a group of three that hears from nobody.
    private func lonelyReplica() -> ReplicationMachine {
        let epoch = Epoch(counter: 1, node: Self.first)
        var history = EpochHistory()
        history.begin(epoch, at: 1)
        let members = [Self.first, Self.second, Self.third].map { Member(node: $0, address: "\($0):1") }
        let record = MemberRecord(members: members, acknowledgements: .count(1), mayDegrade: false)
        var machine = ReplicationMachine(
            configuration: .init(role: .replica(primary: "one:1"), address: "two:2"),
            durable: DurableState(node: Self.second, group: Self.group, promised: epoch),
            log: LogSummary(
                last: 1, flushed: 1, history: history, memberRecords: [PlacedMemberRecord(index: 1, record: record)],
                knownCommit: 1), applied: nil)
        _ = machine.started(now: .zero)
        return machine
    }

    @Test func aPromotionThatEndsWithAPromiseToAnotherIsSaidToBeGivenUp() {
        var machine = lonelyReplica()
        _ = machine.promoteRequested(now: .zero)
        let epoch = Epoch(counter: 5, node: Self.third)
        let actions = machine.promiseRequested(
            PromiseRequest(
                kind: .promotion, group: Self.group, node: Self.third, address: "three:3", epoch: epoch, survey: false),
            from: ConnectionID(1), now: .zero)
        #expect(machine.durable.promised == epoch)
        #expect(
            actions.contains {
                if case .report(.promotionGivenUp(.superseded(by: epoch))) = $0 { true } else { false }
            })
    }

    /// A copied data directory had reigned; the original said that another node was the last to reign, or nothing.
    @Test(arguments: [(1, first), (2, second), (2, third)] as [(UInt32, NodeID)])
    func anEpochAskedForInThisNodesNameButNotByItTellsOfACopy(_ counter: UInt32, _ node: NodeID) {
        var machine = lonelyReplica()
        guard case .dialling(let number, _, _) = machine.upstream else {
            Issue.record("it dials nobody")
            return
        }
        let epoch = Epoch(counter: counter, node: node)
        _ = machine.refused(Refused(reason: .notPrimary, promised: epoch), on: number, now: .zero)
        let expected: ReplicationProblem? = node == Self.second ? .epochForgotten(epoch) : nil
        #expect(machine.status(now: .zero).problem == expected)
        #expect(machine.durable.whole == (expected == nil), "it counts for nothing until it has caught up (rule 30)")
    }

    /// Its members dialled it, and it dialled them: each told an epoch, in its own words, and the log filled with both.
    @Test func howeverManyTellOfAnEpochThatIsForgottenItIsSaidOnce() {
        var machine = lonelyReplica()
        var problems: [ReplicationProblem] = []
        var persisted: [DurableState] = []
        func take(_ actions: [ReplicationMachine.Action]) {
            for case .report(.problem(let problem)) in actions { problems.append(problem) }
            for case .persist(let state) in actions { persisted.append(state) }
        }
        let (earlier, later) = (Epoch(counter: 2, node: Self.second), Epoch(counter: 3, node: Self.second))
        var now = Moment.zero
        for round in 1...3 as ClosedRange<UInt64> {
            take(
                machine.connectReceived(
                    connect(Self.third, number: round, promised: later, group: Self.group),
                    from: ConnectionID(round), now: now))
            guard case .dialling(let number, _, _) = machine.upstream else {
                Issue.record("it dials nobody")
                return
            }
            take(machine.refused(Refused(reason: .notPrimary, promised: earlier), on: number, now: now))
            now = now + .seconds(5)
            take(machine.ticked(now: now))
        }
        #expect(problems == [.epochForgotten(later)])
        #expect(persisted.map(\.whole) == [false])
        #expect(machine.role == .replica && !machine.mayStand)
    }

    @Test(arguments: [true, false]) func aSurveyAloneTellsWhatWouldBecomeOfAPromotionAndChangesNothing(isEnough: Bool) {
        var machine = lonelyReplica()
        let before = machine.durable
        var reports: [ReplicationReport] = []
        func note(_ actions: [ReplicationMachine.Action]) {
            for case .report(let report) in actions { reports.append(report) }
            #expect(!actions.contains { if case .persist = $0 { true } else { false } })
        }
        note(machine.promotionSurveyRequested(now: .zero))
        if isEnough, let epoch = machine.election?.epoch {
            let promised = PromiseAnswer.Promised(
                position: machine.log.position(at: 1), committed: nil, memberRecords: [])
            note(
                machine.promiseAnswered(
                    PromiseAnswer(node: Self.third, epoch: epoch, survey: true, outcome: .promised(promised)),
                    now: .zero))
        }
        note(machine.ticked(now: .zero + .seconds(2)))
        #expect(reports.contains(.promotionPossible) == isEnough, "members it cannot do without may be far away")
        note(machine.ticked(now: .zero + .seconds(5)))
        #expect(reports.contains(.promotionPossible) == isEnough)
        let isRefused = reports.contains {
            if case .promotionGivenUp(.tooFewPromises(present: 1, _, _)) = $0 { true } else { false }
        }
        #expect(isRefused == !isEnough)
        #expect(machine.role == .replica && machine.durable == before && machine.election == nil)
    }

    @Test func newGroupBeginsWithItsCreatorAlone() {
        let machine = newPrimary()
        #expect(machine.role == .primary)
        #expect(machine.log.memberRecords.first?.record.members == [Member(node: Self.first, address: "one:1")])
        #expect(machine.commit == .zero, "one acknowledgement is asked for and nobody is there to give it")
        #expect(!machine.servesWrites)
    }

    @Test func asynchronousGroupIsReadyAtOnce() {
        let machine = newPrimary(.count(0))
        #expect(machine.commit == 1)
        #expect(machine.servesWrites)
    }

    @Test func levelReplicaBecomesAMemberAndTheGroupReady() {
        let machine = pair()
        #expect(machine.log.memberRecords.last?.record.members.map(\.node) == [Self.first, Self.second])
        #expect(machine.commit == 2)
        #expect(machine.servesWrites)
    }

    @Test func groupIsCommittedWhenItIsFlushedHereAndThere() {
        var machine = pair()
        let actions = machine.proposed(count: 3, now: .zero)
        let names = actions.map { String(describing: $0).prefix { $0 != "(" } }
        #expect(names == ["appendProposed", "streamAppended", "flushLog"], "streamed before the flush, flushed last")
        _ = acknowledge(&machine, 5)
        #expect(machine.commit == 2, "not flushed here")
        let committed = machine.flushed(through: 5, now: .zero)
        #expect(machine.commit == 5)
        #expect(
            committed.contains { if case .commitAdvanced(let position) = $0 { position.index == 5 } else { false } })
    }

    @Test func aCommitIsNewsUntilRecordsBringItOrNothingElseIsInHand() {
        var machine = pair()
        func commit(_ index: LogIndex) {
            _ = machine.flushed(through: index, now: .zero)
            _ = acknowledge(&machine, index)
        }
        _ = machine.drained(now: .zero)
        #expect(!machine.hasNews)
        _ = machine.proposed(count: 1, now: .zero)
        commit(3)
        #expect(machine.hasNews)
        #expect(machine.drained(now: .zero).isEmpty, "not in this node's own database yet")
        #expect(machine.hasNews)
        _ = machine.applied(machine.log.position(at: 3)!, now: .zero)
        _ = machine.proposed(count: 1, now: .zero)
        let header = machine.recordsHeader(to: ConnectionID(1), first: 4, last: 4, clock: 0, now: .zero)
        #expect(header?.commit == 3)
        #expect(!machine.hasNews)
        commit(4)
        _ = machine.applied(machine.log.position(at: 4)!, now: .zero)
        #expect(machine.hasNews)
        #expect(machine.drained(now: .zero).count == 1, "a keepalive")
        #expect(!machine.hasNews)
    }

    @Test func acknowledgementOfAClosedConnectionIsForgotten() {
        var machine = pair()
        _ = machine.proposed(count: 1, now: .zero)
        _ = acknowledge(&machine, 3)
        _ = machine.connectionClosed(ConnectionID(1), reason: "test", now: .zero)
        _ = machine.flushed(through: 3, now: .zero)
        #expect(machine.commit == 2)
        _ = machine.connectReceived(
            connect(Self.second, number: 2, promised: machine.durable.promised, history: machine.log.history, last: 3),
            from: ConnectionID(2), now: .zero)
        _ = acknowledge(&machine, 3, number: 2)
        #expect(machine.commit == 3, "the position is sent again on the new connection")
    }

    @Test func lateOldConnectDoesNotReplaceTheNewerConnection() {
        var machine = pair()
        _ = machine.connectReceived(connect(Self.second, number: 5), from: ConnectionID(2), now: .zero)
        let actions = machine.connectReceived(connect(Self.second, number: 3), from: ConnectionID(3), now: .zero)
        #expect(refusal(in: actions) == .newerConnection)
        #expect(machine.connections == [ConnectionID(2): Self.second])
    }

    @Test func otherGroupsAndTwinsAreRefused() {
        var machine = pair()
        let other = GroupID(UniqueID(high: 9, low: 9))
        #expect(
            refusal(in: machine.connectReceived(connect(Self.third, group: other), from: ConnectionID(7), now: .zero))
                == .otherGroup)
        #expect(
            refusal(in: machine.connectReceived(connect(Self.first), from: ConnectionID(8), now: .zero)) == .sameNode)
    }

    @Test func memberThatPromisedAHigherEpochEndsTheReign() {
        var machine = pair()
        let later = Epoch(counter: 9, node: Self.second)
        let actions = machine.connectReceived(
            connect(Self.second, number: 2, promised: later), from: ConnectionID(2), now: .zero)
        #expect(machine.role == .replica)
        #expect(machine.durable.reign == nil)
        #expect(actions.contains { if case .steppedDown(.superseded(by: later)) = $0 { true } else { false } })
        #expect(refusal(in: actions) == .notPrimary)
    }

    @Test func strangerWithAHigherPromiseDoesNotEndTheReign() {
        var machine = pair()
        _ = machine.connectReceived(
            connect(Self.third, promised: Epoch(counter: 9, node: Self.third)), from: ConnectionID(2), now: .zero)
        #expect(machine.role == .starting, "the reign goes on in an epoch above the stranger's")
        #expect(machine.durable.reign != nil)
    }

    @Test func strangerWithAnAbsurdPromiseIsRefused() {
        var machine = pair()
        let actions = machine.connectReceived(
            connect(Self.third, promised: Epoch(counter: .max, node: Self.third)), from: ConnectionID(2), now: .zero)
        #expect(refusal(in: actions) == .notPrimary)
        #expect(machine.role == .primary, "its counters are not used up for somebody who is no member")
    }

    @Test func strangersCommitIndexIsNotBelieved() {
        var machine = pair()
        _ = machine.proposed(count: 1, now: .zero)
        let last = machine.log.last
        _ = machine.flushed(through: last, now: .zero)
        let before = machine.commit
        #expect(before < last)
        var stranger = connect(Self.third)
        stranger.group = machine.durable.group
        stranger.history = machine.log.history
        stranger.last = last
        stranger.commit = last
        _ = machine.connectReceived(stranger, from: ConnectionID(2), now: .zero)
        #expect(machine.commit == before)
        stranger.node = Self.second
        _ = machine.connectReceived(stranger, from: ConnectionID(3), now: .zero)
        #expect(machine.commit == last, "a member's is")
    }

    @Test func epochsRunOutInsteadOfOverflowing() {
        var machine = pair()
        machine.beginAgain(above: Epoch(counter: .max, node: Self.third), now: .zero)
        #expect(machine.status(now: .zero).problem == .epochsExhausted)
    }

    @Test func failedFlushEndsTheReignUntilARestart() {
        var machine = pair()
        _ = machine.proposed(count: 1, now: .zero)
        let actions = machine.logFailed("fdatasync: Input/output error", now: .zero)
        #expect(machine.role == .failed)
        #expect(actions.contains { if case .steppedDown(.logFailed) = $0 { true } else { false } })
        #expect(!machine.servesWrites)
        #expect(machine.servesReads)
        #expect(machine.durable.reign != nil, "after a restart it may go on")
        let again = machine.proposed(count: 1, now: .zero)
        #expect(again.contains { if case .refuseProposed = $0 { true } else { false } })
    }

    @Test func failedDatabaseCommitIsAppliedFromTheLogBeforeAnythingElse() {
        var machine = pair()
        _ = machine.proposed(count: 2, now: .zero)
        _ = acknowledge(&machine, 4)
        _ = machine.flushed(through: 4, now: .zero)
        _ = machine.databaseCommitFailed(now: .zero)
        #expect(!machine.servesWrites)
        _ = machine.applied(machine.log.position(at: 3)!, now: .zero)
        #expect(!machine.servesWrites)
        let actions = machine.applied(machine.log.position(at: 4)!, now: .zero)
        #expect(machine.servesWrites)
        #expect(actions.contains { if case .becameReady = $0 { true } else { false } })
    }

    @Test func missingReplicaDegradesOnlyWhereAllowedAndIsSaid() {
        var machine = newPrimary(.count(1), degradeAfter: .seconds(10))
        let late = Moment.zero + .seconds(11)
        let early = machine.ticked(now: .zero + .seconds(9))
        #expect(!early.contains { if case .report(.degraded) = $0 { true } else { false } })
        let actions = machine.ticked(now: late)
        #expect(actions.contains { if case .report(.degraded) = $0 { true } else { false } })
        _ = machine.flushed(through: 2, now: late)
        #expect(machine.servesWrites)
        #expect(machine.status(now: late + .seconds(5)).degradedSince == .seconds(5))
    }

    @Test func outcomeIsInDoubtUntilTheCommitIndexSays() {
        var machine = pair()
        let epoch = machine.durable.promised!
        _ = machine.proposed(count: 1, now: .zero)
        let position = Position(epoch: epoch, index: 3)
        #expect(machine.outcome(of: position) == .inDoubt)
        _ = acknowledge(&machine, 3)
        _ = machine.flushed(through: 3, now: .zero)
        #expect(machine.outcome(of: position) == .committed)
        let other = Position(epoch: Epoch(counter: 7, node: Self.third), index: 3)
        #expect(machine.outcome(of: other) == .neverCommitted)
    }

    @Test func outcomeAboveACommittedLaterEpochIsDecided() {
        let (lost, later) = (Epoch(counter: 1, node: Self.first), Epoch(counter: 2, node: Self.first))
        var history = EpochHistory()
        history.begin(lost, at: 1)
        history.begin(later, at: 5)
        func outcome(commit: LogIndex) -> ReplicationMachine.Outcome {
            ReplicationMachine.outcome(of: Position(epoch: lost, index: 7), commit: commit, history: history)
        }
        #expect(outcome(commit: 4) == .inDoubt, "the later epoch may be cut off yet")
        #expect(outcome(commit: 5) == .neverCommitted, "epochs never go back")
        let ahead = Position(epoch: later, index: 7)
        #expect(ReplicationMachine.outcome(of: ahead, commit: 5, history: history) == .inDoubt)
    }

    @Test func statusSaysWhatACommitWaitsFor() {
        var machine = pair()
        _ = machine.proposed(count: 1, now: .zero)
        _ = machine.flushed(through: 3, now: .zero)
        let status = machine.status(now: .zero + .seconds(4))
        #expect(status.waiting?.index == 3)
        #expect(status.waiting?.since == .seconds(4))
        #expect(status.waiting?.missing.map(\.node) == [Self.second])
        #expect(status.acknowledgementsRequired == 1)
        #expect(status.acknowledgementsPresent == 1)
    }

    @Test func databaseBeyondItsLogIsRefused() {
        let epoch = Epoch(counter: 1, node: Self.first)
        var machine = ReplicationMachine(
            configuration: .init(role: .replica(primary: "one:1"), address: "two:2"),
            durable: DurableState(node: Self.second, group: Self.group, promised: epoch), log: LogSummary(),
            applied: Position(epoch: epoch, index: 4))
        _ = machine.started(now: .zero)
        #expect(machine.role == .failed)
    }

    @Test func raisedAcknowledgementsStopWritesUntilTheyAreWrittenDown() {
        var machine = newPrimary(.count(0))
        _ = machine.proposed(count: 1, now: .zero)
        _ = machine.flushed(through: 2, now: .zero)
        let log = machine.log
        var again = ReplicationMachine(
            configuration: .init(role: .primary(acknowledgements: .count(1), degradeAfter: nil), address: "one:1"),
            durable: machine.durable, log: log, applied: log.position(at: 2))
        _ = again.started(now: .zero)
        _ = again.flushed(through: 3, now: .zero)
        #expect(again.commit == 3, "the epoch record needs what is written down")
        #expect(!again.servesWrites, "no write may be committed with less than what is asked for")
    }

    @Test func aGroupThatAskedForNoAcknowledgementsIsNotDegradedWhereOneIsAskedForAndNobodyIsThere() {
        var machine = newPrimary(.count(0))
        _ = machine.connectReceived(connect(Self.second), from: ConnectionID(1), now: .zero)
        _ = acknowledge(&machine, 1)
        _ = machine.flushed(through: 2, now: .zero)
        #expect(machine.log.memberRecords.last?.record.members.count == 2)
        var again = ReplicationMachine(
            configuration: .init(
                role: .primary(acknowledgements: .count(1), degradeAfter: .seconds(10)), address: "one:1"),
            durable: machine.durable, log: machine.log, applied: machine.log.position(at: 2))
        _ = again.started(now: .zero)
        var now = Moment.zero
        for _ in 1...60 {
            now = now + .seconds(1)
            _ = again.ticked(now: now)
            _ = again.flushed(through: again.log.last, now: now)
        }
        #expect(again.role == .primary && again.commit == again.log.last)
        let status = again.status(now: now)
        #expect(!again.servesWrites && status.degradedSince == nil)
        #expect(status.obstacle == .levelMembers(missing: 1, of: [Member(node: Self.second, address: "two:2")]))
    }

    private func refusal(in actions: [ReplicationMachine.Action]) -> Refused.Reason? {
        for action in actions {
            if case .send(.refused(let refused), _) = action { return refused.reason }
        }
        return nil
    }
}
