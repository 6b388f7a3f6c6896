import TandemLog
import Testing

@testable import TandemReplication

/// Rules whose breach breaks no promise that the simulation could see: they keep a group from waiting for nothing, or guard
/// what is lost by force alone. A single fact tells whether each is kept, and it is broken once to show that the fact would
/// tell.
@Suite struct MachineMistakeTests {
    struct Fact: Sendable, CustomTestStringConvertible {
        let mistake: String
        let mutations: Mutations
        /// Whether the rule was kept by a machine with these mistakes.
        let isKept: @Sendable (Mutations) -> Bool

        var testDescription: String { mistake }
    }

    @Test(arguments: facts) func aFactTellsWhetherTheRuleIsKept(_ fact: Fact) {
        #expect(fact.isKept([]))
        #expect(!fact.isKept(fact.mutations), "\(fact.mistake) is not caught")
    }

    static let facts = [
        Fact(mistake: "connectionsWithoutOrder", mutations: .connectionsWithoutOrder) { mutations in
            var machine = primary(mutations)
            connect(&machine, second, number: 5, on: 7)
            connect(&machine, second, number: 3, on: 8)
            return machine.connections[ConnectionID(7)] == second && machine.connections[ConnectionID(8)] == nil
        },
        Fact(mistake: "wholeWithoutItsLog", mutations: .wholeWithoutItsLog) { mutations in
            var machine = replica(mutations, primaryBegins: 7)
            return installs(receive(&machine, at: 8)) && !machine.durable.whole
        },
        Fact(mistake: "anySnapshot", mutations: .anySnapshot) { mutations in
            var machine = replica(mutations, primaryBegins: 7)
            return !installs(receive(&machine, at: 4))
        },
        Fact(mistake: "takeOverBehind", mutations: .takeOverBehind) { mutations in
            var machine = replica(mutations, primaryBegins: 1)
            guard case .following(let following) = machine.upstream else { return false }
            _ = machine.takeOverReceived(
                TakeOver(epoch: following.epoch, number: following.number, last: 6), now: .zero)
            return machine.role == .replica
        },
        Fact(mistake: "startBehindCommitted", mutations: .startBehindCommitted) { mutations in
            var machine = startingPrimary(mutations)
            guard let request = machine.election else { return false }
            let promised = PromiseAnswer.Promised(
                position: Position(epoch: epoch, index: 9), committed: Position(epoch: epoch, index: 9),
                memberRecords: [])
            _ = machine.promiseAnswered(
                PromiseAnswer(node: second, epoch: request.epoch, survey: true, outcome: .promised(promised)),
                now: .zero)
            return machine.role == .replica && !machine.durable.whole
        },
        Fact(mistake: "acceptThoseAhead", mutations: .acceptThoseAhead) { mutations in
            var machine = startingPrimary(mutations)
            for _ in 1...2 {  // The survey, and the promise, of a member that knows no more.
                guard let request = machine.election else { return false }
                let promised = PromiseAnswer.Promised(
                    position: Position(epoch: epoch, index: 5), committed: Position(epoch: epoch, index: 5),
                    memberRecords: [])
                _ = machine.promiseAnswered(
                    PromiseAnswer(
                        node: third, epoch: request.epoch, survey: request.phase == .surveying,
                        outcome: .promised(promised)), now: .zero)
            }
            guard machine.role == .primary, let history = EpochHistory([.init(epoch: epoch, firstIndex: 1)]) else {
                return false
            }
            let ahead = Connect(
                group: group, node: second, address: "two:2", number: ConnectionNumber(rawValue: 1), promised: epoch,
                whole: true, history: history, last: 9, commit: 9)
            _ = machine.connectReceived(ahead, from: ConnectionID(2), now: .zero)
            return machine.followers[second] == nil && machine.role == .primary
        },
        Fact(mistake: "removeAlone", mutations: .removeAlone) { mutations in
            var machine = primary(mutations)
            connect(&machine, third, number: 1, on: 2)
            acknowledge(&machine, 2, on: 2)
            _ = machine.flushed(through: 3, now: .zero)
            acknowledge(&machine, 3, on: 1)
            for connection in [ConnectionID(1), ConnectionID(2)] {
                _ = machine.connectionClosed(connection, reason: "gone", now: .zero)
            }
            _ = machine.removalRequested(of: third, acceptsDataLoss: false, now: .zero)
            return machine.log.memberRecords.last?.record.contains(third) == true
        },
    ]

    // MARK: Machines

    private static let group = MachineTests.group
    private static let (first, second, third) = (MachineTests.first, MachineTests.second, MachineTests.third)
    private static let epoch = Epoch(counter: 1, node: first)

    /// A primary that takes writes, with the second node as a member; both have records 1 and 2.
    private static func primary(_ mutations: Mutations) -> ReplicationMachine {
        var machine = ReplicationMachine(
            configuration: .init(role: .primary(acknowledgements: .count(1), degradeAfter: nil), address: "one:1"),
            durable: DurableState(node: first, group: group), log: LogSummary(), applied: nil)
        machine.mutations = mutations
        _ = machine.started(now: .zero)
        _ = machine.flushed(through: 1, now: .zero)
        connect(&machine, second, number: 1, on: 1)
        acknowledge(&machine, 1, on: 1)
        _ = machine.flushed(through: 2, now: .zero)
        acknowledge(&machine, 2, on: 1)
        _ = machine.applied(machine.log.position(at: 1)!, now: .zero)
        return machine
    }

    private static func connect(
        _ machine: inout ReplicationMachine, _ node: NodeID, number: UInt64, on connection: UInt64
    ) {
        let connect = Connect(
            group: group, node: node, address: "\(node):1", number: ConnectionNumber(rawValue: number), promised: nil,
            whole: true, history: machine.log.history, last: machine.log.last, commit: .zero)
        _ = machine.connectReceived(connect, from: ConnectionID(connection), now: .zero)
    }

    private static func acknowledge(_ machine: inout ReplicationMachine, _ index: LogIndex, on connection: UInt64) {
        let acknowledgement = Acknowledgement(
            epoch: machine.durable.promised!, number: ConnectionNumber(rawValue: 1), written: index, flushed: index,
            applied: .zero, whole: true)
        _ = machine.acknowledgementReceived(acknowledgement, from: ConnectionID(connection), now: .zero)
    }

    /// A primary with records 1 to 5 that asks its members whether it may go on.
    private static func startingPrimary(_ mutations: Mutations) -> ReplicationMachine {
        let members = MemberRecord(
            members: [first, second, third].map { Member(node: $0, address: "\($0):1") }, acknowledgements: .count(1),
            mayDegrade: false)
        var machine = ReplicationMachine(
            configuration: .init(role: .primary(acknowledgements: .count(1), degradeAfter: nil), address: "one:1"),
            durable: DurableState(node: first, group: group, promised: epoch, reign: epoch),
            log: LogSummary(
                first: 1, last: 5, flushed: 5,
                history: EpochHistory([.init(epoch: epoch, firstIndex: 1)]) ?? EpochHistory(),
                memberRecords: [PlacedMemberRecord(index: 1, record: members)], knownCommit: 5),
            applied: Position(epoch: epoch, index: 5))
        machine.mutations = mutations
        _ = machine.started(now: .zero)
        return machine
    }

    /// A replica with records 1 to 5, all committed and applied, that was accepted by a primary with the same and more,
    /// whose log begins with record `primaryBegins`.
    private static func replica(_ mutations: Mutations, primaryBegins: LogIndex) -> ReplicationMachine {
        let members = MemberRecord(
            members: [first, second].map { Member(node: $0, address: "\($0):1") }, acknowledgements: .count(1),
            mayDegrade: false)
        var machine = ReplicationMachine(
            configuration: .init(role: .replica(primary: "one:1"), address: "two:2"),
            durable: DurableState(node: second, group: group, promised: epoch),
            log: LogSummary(
                first: 1, last: 5, flushed: 5,
                history: EpochHistory([.init(epoch: epoch, firstIndex: 1)]) ?? EpochHistory(),
                memberRecords: [PlacedMemberRecord(index: 1, record: members)], knownCommit: 5),
            applied: Position(epoch: epoch, index: 5))
        machine.mutations = mutations
        _ = machine.started(now: .zero)
        guard case .dialling(let number, _, _) = machine.upstream else { return machine }
        let accept = Accept(
            group: group, epoch: epoch, number: number, common: 5, commit: 9, first: primaryBegins,
            acknowledged: .zero)
        _ = machine.accepted(accept, now: .zero)
        return machine
    }

    private static func receive(
        _ machine: inout ReplicationMachine, at index: LogIndex
    ) -> [ReplicationMachine.Action] {
        machine.snapshotReceived(
            at: Position(epoch: epoch, index: index), of: group, continuesLog: false, now: .zero)
    }

    private static func installs(_ actions: [ReplicationMachine.Action]) -> Bool {
        actions.contains { if case .installSnapshot = $0 { true } else { false } }
    }
}
