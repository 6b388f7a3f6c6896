import TandemLog
import Testing

@testable import TandemReplication

/// Single facts about cascades, on either side (docs/REPLICATION.md, rule 34).
@Suite struct MachineCascadeTests {
    private typealias Machine = ReplicationMachine
    private static let group = MachineTests.group
    private static let cascade = NodeID(UniqueID(high: 0, low: 9))
    private static let epoch = Epoch(counter: 2, node: MachineTests.first)
    private static let history = EpochHistory([.init(epoch: epoch, firstIndex: 1)]) ?? EpochHistory()

    private static let log = LogSummary(
        last: 5, flushed: 5, history: history,
        memberRecords: [
            PlacedMemberRecord(
                index: 1,
                record: MemberRecord(
                    members: [MachineTests.first, MachineTests.second].map { Member(node: $0, address: "\($0):1") },
                    acknowledgements: .count(1), mayDegrade: false))
        ], knownCommit: 4)

    /// A replica that has 5 records, of which 4 are committed, and hears from its primary; or a cascade like that.
    private func replica(cascades: Bool = false, log: LogSummary = log) -> Machine {
        var configuration = Machine.Configuration(role: .replica(primary: "one:1"), address: "two:2")
        configuration.cascades = cascades
        var machine = Machine(
            configuration: configuration,
            durable: DurableState(
                node: cascades ? Self.cascade : MachineTests.second, group: Self.group, promised: Self.epoch),
            log: log, applied: log.last > 2 ? Position(epoch: Self.epoch, index: 2) : nil)
        _ = machine.started(now: .zero)
        guard case .dialling(let number, _, _) = machine.upstream else { return machine }
        _ = machine.accepted(
            Accept(
                group: Self.group, epoch: Self.epoch, number: number, common: log.last, commit: log.knownCommit,
                first: 1,
                acknowledged: .zero), now: .zero)
        _ = machine.keepaliveReceived(
            Keepalive(epoch: Self.epoch, number: number, last: 5, commit: 4, clock: 7), now: .zero)
        return machine
    }

    private func connect(
        _ node: NodeID = cascade, number: UInt64 = 1, promised: Epoch? = epoch, history: EpochHistory = history,
        last: LogIndex = 3, group: GroupID? = group
    ) -> Connect {
        Connect(
            group: group, node: node, address: "nine:9", number: ConnectionNumber(rawValue: number),
            promised: promised, whole: true, history: history, last: last, commit: last, cascades: true)
    }

    private func answer(_ machine: inout Machine, _ connect: Connect, now: Moment = .zero) -> (Accept?, Refused?) {
        for action in machine.connectReceived(connect, from: ConnectionID(connect.number.rawValue), now: now) {
            switch action {
            case .send(.accept(let accept), _): return (accept, nil)
            case .send(.refused(let refused), _): return (nil, refused)
            default: break
            }
        }
        return (nil, nil)
    }

    @Test func aReplicaRelaysWhatIsCommittedAndFlushedHere() {
        var machine = replica()
        let actions = machine.connectReceived(connect(), from: ConnectionID(1), now: .zero)
        guard case .send(.accept(let accept), _)? = actions.first else {
            Issue.record("it is not accepted: \(actions)")
            return
        }
        #expect(accept.common == 3 && accept.commit == 4 && accept.epoch == Self.epoch && accept.first == 1)
        #expect(
            actions.contains {
                if case .relay(ConnectionID(1), after: 3, through: 4) = $0 { true } else { false }
            })
        let header = machine.recordsHeader(to: ConnectionID(1), first: 4, last: 4, clock: 99, now: .zero)
        #expect(header?.commit == 4 && header?.epoch == Self.epoch)
        #expect(header?.clock == 7, "the primary's clock, not this node's")
        guard case .following(let following) = machine.upstream else { return }
        let later = machine.keepaliveReceived(
            Keepalive(epoch: Self.epoch, number: following.number, last: 5, commit: 5, clock: 8), now: .zero)
        let further = later + machine.drained(now: .zero)
        #expect(further.contains { if case .relayFurther(through: 5) = $0 { true } else { false } })
    }

    @Test func whoIsAheadWaitsAndWhoHasOtherRecordsIsToldWhereTheyPart() {
        var machine = replica()
        #expect(answer(&machine, connect(last: 5)).1?.reason == .behind, "record 5 may be cut here")
        let later = Epoch(counter: 3, node: MachineTests.second)
        #expect(answer(&machine, connect(number: 2, promised: later)).1?.reason == .behind)
        // Record 3 was another reign's there, which was forced and lost.
        let other = EpochHistory([
            .init(epoch: Epoch(counter: 1, node: MachineTests.second), firstIndex: 1),
            .init(epoch: Self.epoch, firstIndex: 2), .init(epoch: later, firstIndex: 3),
        ])
        guard let other else {
            Issue.record("a history that grows")
            return
        }
        let accept = answer(&machine, connect(number: 3, promised: Self.epoch, history: other, last: 9)).0
        #expect(accept?.common == 2)
    }

    @Test func aMemberIsRefusedAndSoIsWhoAsksANodeThatHearsFromNobody() {
        var machine = replica()
        #expect(answer(&machine, connect(MachineTests.first)).1?.reason == .member)
        let other = GroupID(UniqueID(high: 8, low: 8))
        #expect(answer(&machine, connect(number: 2, group: other)).1?.reason == .otherGroup)
        let late = Moment.zero + machine.configuration.silenceLimit
        #expect(answer(&machine, connect(number: 3), now: late).1?.reason == .followsNobody)
        #expect(answer(&machine, connect(number: 4)).0 != nil)
        #expect(answer(&machine, connect(number: 3)).1?.reason == .newerConnection)
    }

    @Test func whatACascadeHasPromisedMovesNoReign() {
        var machine = Machine(
            configuration: .init(role: .primary(acknowledgements: .count(0), degradeAfter: nil), address: "one:1"),
            durable: DurableState(node: MachineTests.first, group: Self.group), log: LogSummary(), applied: nil)
        _ = machine.started(now: .zero)
        _ = machine.flushed(through: 1, now: .zero)
        let reign = machine.durable.reign
        let promised = Epoch(counter: 99, node: Self.cascade)
        let connect = connect(promised: promised, history: EpochHistory(), last: .zero)
        #expect(answer(&machine, connect).1?.reason == .behind)
        #expect(machine.role == .primary && machine.durable.reign == reign && machine.highestCounter < 99)
    }

    @Test func aCascadePromisesNothingAndIsNotPromoted() {
        var machine = replica(cascades: true)
        let later = Epoch(counter: 8, node: MachineTests.second)
        for kind in [PromiseRequest.Kind.promotion, .start(reign: Self.epoch), .announcement] {
            let actions = machine.promiseRequested(
                PromiseRequest(
                    kind: kind, group: Self.group, node: MachineTests.second, address: "two:2", epoch: later,
                    survey: false), from: ConnectionID(1), now: .zero)
            guard case .send(.promiseAnswer(let answer), _)? = actions.first else {
                Issue.record("no answer: \(actions)")
                continue
            }
            #expect(answer.outcome == .refused(Refused(reason: .cascade, promised: nil)))
        }
        #expect(machine.durable.promised == Self.epoch)
        let actions = machine.promoteRequested(surveyFirst: false, acceptsDataLoss: true, now: .zero)
        #expect(actions.contains { if case .report(.promotionGivenUp(.cascade)) = $0 { true } else { false } })
        #expect(machine.role == .replica && !machine.mayStand)
    }

    /// The group's first commit may wait for whoever was told to ask a cascade, so that no record says yet where the primary is.
    @Test func aCascadeWithoutMemberRecordsNamesWhomItFollows() {
        var asked = connect(MachineTests.second, promised: nil, history: EpochHistory(), last: .zero, group: nil)
        asked.cascades = false
        var empty = replica(cascades: true, log: LogSummary())
        #expect(answer(&empty, asked).1 == Refused(reason: .notPrimary, promised: Self.epoch, primary: "one:1"))
        #expect(empty.primaryAddress == nil, "whom it follows may be a replica")
        var informed = replica(cascades: true)
        #expect(answer(&informed, asked).1?.primary == "\(MachineTests.first):1")
    }

    @Test func aCascadeDialsNobodyButItsUpstream() {
        var machine = replica(cascades: true)
        for round in 1..<20 {
            guard case .following(let following) = machine.upstream else { break }
            _ = machine.refused(
                Refused(reason: .notPrimary, promised: nil, primary: "two:2"), on: following.number, now: .zero)
            let actions = machine.ticked(now: .zero + .seconds(round))
            for case .dial(let address, let connect) in actions {
                #expect(address == "one:1" && connect.cascades)
                return
            }
        }
        Issue.record("it did not dial")
    }

    /// It stood for promotion as a member, and was removed; or its upstream has not heard of the reign yet.
    @Test func aCascadeThatHasPromisedMoreThanItsGroupSaysWhatItWaitsForAndWhatHelps() {
        var configuration = Machine.Configuration(role: .replica(primary: "one:1"), address: "nine:9")
        configuration.cascades = true
        let promised = Epoch(counter: 3, node: Self.cascade)
        func words(whereUpstreamHasPromised reached: Epoch?) -> String? {
            var machine = Machine(
                configuration: configuration,
                durable: DurableState(node: Self.cascade, group: Self.group, promised: promised), log: Self.log,
                applied: Position(epoch: Self.epoch, index: 2))
            _ = machine.started(now: .zero)
            guard case .dialling(let number, _, _) = machine.upstream else { return nil }
            let actions = machine.refused(
                Refused(reason: .behind, promised: reached), on: number, now: .zero)
            #expect(machine.durable.promised == promised)
            for case .closeUpstream(_, let reason) in actions { return reason }
            return nil
        }
        for reached in [Self.epoch, nil] {
            let reason = words(whereUpstreamHasPromised: reached)
            #expect(reason?.contains("this node has promised \(promised)") == true, "\(reason ?? "none")")
            #expect(reason?.contains("each switch-over begins a later epoch") == true)
        }
        #expect(words(whereUpstreamHasPromised: promised)?.contains("it has less than this node") == true)
    }

    @Test func cascadesConnectAnewWhenTheReignChanges() {
        var machine = replica()
        _ = answer(&machine, connect())
        let lost = machine.upstreamClosedNow()
        #expect(!lost.contains { if case .close = $0 { true } else { false } }, "it may find its primary again")
        _ = machine.ticked(now: .zero + .seconds(1))
        guard case .dialling(let number, _, _) = machine.upstream else {
            Issue.record("it does not dial")
            return
        }
        let later = Epoch(counter: 3, node: MachineTests.first)
        let actions = machine.accepted(
            Accept(
                group: Self.group, epoch: later, number: number, common: 5, commit: 4, first: 1, acknowledged: .zero),
            now: .zero + .seconds(1))
        #expect(
            actions.contains {
                guard case .send(.refused(let refused), ConnectionID(1)) = $0 else { return false }
                return refused.reason == .followsNobody
            })
        #expect(machine.relays.isEmpty)
    }

    @Test func cascadesAreSeenApartInStatusAndRetention() {
        var machine = replica()
        _ = answer(&machine, connect())
        _ = machine.acknowledgementReceived(
            Acknowledgement(
                epoch: Self.epoch, number: ConnectionNumber(rawValue: 1), written: 4, flushed: 4, applied: 3,
                whole: true), from: ConnectionID(1), now: .zero)
        let peer = machine.status(now: .zero).peers.first { $0.node == Self.cascade }
        #expect(peer?.isCascade == true && peer?.isMember == false && peer?.acknowledged == 4 && peer?.applied == 3)
        #expect(machine.slowestMember == .init(address: "nine:9", needs: 5, isConnected: true))
        #expect(machine.followers.isEmpty)
    }
}

extension ReplicationMachine {
    /// The connection to the primary breaks.
    fileprivate mutating func upstreamClosedNow() -> [Action] {
        guard case .following(let following) = upstream else { return [] }
        return upstreamClosed(following.number, reason: "test", now: .zero)
    }
}
