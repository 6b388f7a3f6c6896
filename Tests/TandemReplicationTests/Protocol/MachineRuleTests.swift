import TandemLog
import Testing

@testable import TandemReplication

/// What a replica was told of acknowledgements, once it reigns: docs/REPLICATION.md, rule 27.
@Suite struct MachineRuleTests {
    private static let group = GroupID(UniqueID(high: 1, low: 1))
    private static let nodes = (1...3).map { NodeID(UniqueID(high: 0, low: $0)) }
    private static let epoch = Epoch(counter: 1, node: nodes[0])
    private static let record = MemberRecord(
        members: zip(nodes, ["one:1", "two:2", "three:3"]).map { Member(node: $0, address: $1) },
        acknowledgements: .count(1), mayDegrade: false)

    private static var history: EpochHistory {
        var history = EpochHistory()
        history.begin(epoch, at: 1)
        return history
    }

    /// The second of three nodes, whose group asks for one acknowledgement, promoted with the third node's promise.
    private func elected(_ rule: ReplicationMachine.Configuration.Rule?) -> ReplicationMachine {
        var configuration = ReplicationMachine.Configuration(role: .replica(primary: nil), address: "two:2")
        configuration.ruleOfReplica = rule
        var machine = ReplicationMachine(
            configuration: configuration,
            durable: DurableState(node: Self.nodes[1], group: Self.group, promised: Self.epoch),
            log: LogSummary(
                last: 1, flushed: 1, history: Self.history,
                memberRecords: [PlacedMemberRecord(index: 1, record: Self.record)], knownCommit: 1),
            applied: Position(epoch: Self.epoch, index: 1))
        _ = machine.started(now: .zero)
        let asked = machine.promoteRequested(surveyFirst: false, now: .zero)
        for case .ask(let member, let request) in asked where member.node == Self.nodes[2] {
            _ = machine.promiseAnswered(
                PromiseAnswer(
                    node: member.node, epoch: request.epoch, survey: false,
                    outcome: .promised(
                        PromiseAnswer.Promised(
                            position: Position(epoch: Self.epoch, index: 1), committed: nil,
                            memberRecords: [PlacedMemberRecord(index: 1, record: Self.record)]))), now: .zero)
        }
        return machine
    }

    /// The third node follows, and has the epoch record; what the machine says then.
    private func establish(_ machine: inout ReplicationMachine) throws -> [ReplicationReport] {
        _ = machine.flushed(through: 2, now: .zero)
        return try join(&machine, Self.nodes[2], at: "three:3")
    }

    /// A node follows that had the first record, and acknowledges all there is; what the machine says then.
    private func join(_ machine: inout ReplicationMachine, _ node: NodeID, at address: String) throws
        -> [ReplicationReport]
    {
        let epoch = try #require(machine.durable.reign)
        let connection = ConnectionID(node.id.low)
        _ = machine.connectReceived(
            Connect(
                group: Self.group, node: node, address: address, number: ConnectionNumber(rawValue: 1),
                promised: epoch, whole: true, history: Self.history, last: 1, commit: 1), from: connection, now: .zero)
        return try acknowledge(&machine, node)
    }

    private func acknowledge(_ machine: inout ReplicationMachine, _ node: NodeID) throws -> [ReplicationReport] {
        let epoch = try #require(machine.durable.reign)
        let last = machine.log.last
        var actions = machine.acknowledgementReceived(
            Acknowledgement(
                epoch: epoch, number: ConnectionNumber(rawValue: 1), written: last, flushed: last, applied: 1,
                whole: true), from: ConnectionID(node.id.low), now: .zero)
        actions += machine.ticked(now: .zero)
        return actions.compactMap { action in
            guard case .report(let report) = action else { return nil }
            return report
        }
    }

    /// Everything that was appended is flushed here, and acknowledged by these.
    private func settle(_ machine: inout ReplicationMachine, _ nodes: [NodeID]) throws {
        _ = machine.flushed(through: machine.log.last, now: .zero)
        for node in nodes { _ = try acknowledge(&machine, node) }
    }

    @Test(arguments: [.count(0), .majority] as [AcknowledgementRule])
    func aReplicaThatWasToldHowManyAcknowledgeAsksForThemOnceItReigns(_ rule: AcknowledgementRule) throws {
        var machine = elected(.init(acknowledgements: rule, degradeAfter: nil))
        let reports = try establish(&machine)
        #expect(reports.contains(.acknowledgementsChange(from: .count(1), to: rule, at: 3)))
        #expect(machine.log.memberRecords.last?.record.acknowledgements == rule)
    }

    /// Before, the rule was written down at once, in a record that needed the dead member: nothing was committed any more, no
    /// new member could be written down, and none removed but by force.
    @Test(arguments: [.count(2), .all] as [AcknowledgementRule])
    func moreAcknowledgementsAreWrittenDownOnceEnoughMembersAreLevel(_ rule: AcknowledgementRule) throws {
        var machine = elected(.init(acknowledgements: rule, degradeAfter: nil))
        let first = try establish(&machine)
        #expect(first.isEmpty && machine.log.last == 2 && machine.commit == 2)
        #expect(!machine.servesWrites, "no write may be committed with less than what is asked for")
        let status = machine.status(now: .zero)
        #expect(status.obstacle == .levelMembers(missing: 1, of: [Self.record.members[0]]))
        #expect(status.waiting == nil, "nothing is in the log that cannot be committed")

        let reports = try join(&machine, Self.nodes[0], at: "one:1")
        #expect(reports.contains(.acknowledgementsChange(from: .count(1), to: rule, at: 3)))
        try settle(&machine, [Self.nodes[0], Self.nodes[2]])
        #expect(machine.commit == 3 && machine.servesWrites && machine.status(now: .zero).obstacle == nil)
    }

    @Test func aNewMemberHelpsAPromotedNodeToTheAcknowledgementsItAsksFor() throws {
        var machine = elected(.init(acknowledgements: .count(2), degradeAfter: nil))
        _ = try establish(&machine)
        let newcomer = NodeID(UniqueID(high: 0, low: 4))
        _ = try join(&machine, newcomer, at: "four:4")
        try settle(&machine, [Self.nodes[2], newcomer])
        let record = try #require(machine.log.memberRecords.last?.record)
        #expect(record.contains(newcomer) && record.acknowledgements == .count(2))
        #expect(machine.commit == machine.log.last && machine.servesWrites)
    }

    /// The third node was there for the epoch record, and is gone. Of four the majority are two more: writes are executed
    /// already, and one acknowledgement would have been enough for them.
    @Test func aNewMemberBringsTheStricterRuleWhereWritesAreExecutedAlready() throws {
        var machine = elected(.init(acknowledgements: .majority, degradeAfter: nil))
        let newcomer = NodeID(UniqueID(high: 0, low: 4))
        _ = try join(&machine, Self.nodes[2], at: "three:3")
        _ = try join(&machine, newcomer, at: "four:4")
        _ = machine.flushed(through: 2, now: .zero)
        #expect(machine.servesWrites && machine.log.last == 2)
        _ = machine.connectionClosed(ConnectionID(Self.nodes[2].id.low), reason: "it is gone", now: .zero)
        _ = machine.ticked(now: .zero)
        let record = try #require(machine.log.memberRecords.last?.record)
        #expect(record.contains(newcomer) && record.acknowledgements == .majority)
    }

    /// The dead member may be removed by agreement, for nothing is under way.
    @Test func aDeadMemberCanBeRemovedWhileMoreAcknowledgementsAreAskedForThanCanBeGiven() throws {
        var machine = elected(.init(acknowledgements: .count(2), degradeAfter: nil))
        _ = try establish(&machine)
        _ = machine.removalRequested(of: Self.nodes[0], acceptsDataLoss: false, now: .zero)
        try settle(&machine, [Self.nodes[2]])
        #expect(machine.log.memberRecords.last?.record.contains(Self.nodes[0]) == false)
        #expect(machine.commit == machine.log.last)
        #expect(machine.status(now: .zero).obstacle == .replicas(missing: 1))
    }

    @Test func whereDegradingIsAllowedCommitsGoOnWithoutTheMembersThatAreAskedFor() throws {
        var machine = elected(.init(acknowledgements: .count(2), degradeAfter: .seconds(2)))
        _ = try establish(&machine)
        let permission = try #require(machine.log.memberRecords.last?.record)
        #expect(permission.acknowledgements == .count(1) && permission.mayDegrade, "the permission comes first")
        try settle(&machine, [Self.nodes[2]])
        #expect(machine.log.memberRecords.last?.record.acknowledgements == .count(2))
        try settle(&machine, [Self.nodes[2]])
        #expect(machine.commit < machine.log.last, "one of the two acknowledgements is missing")
        _ = machine.ticked(now: .zero + .seconds(2))
        _ = machine.flushed(through: machine.log.last, now: .zero + .seconds(2))
        #expect(machine.status(now: .zero + .seconds(2)).degradedSince != nil)
        #expect(machine.commit == machine.log.last && machine.servesWrites)
    }

    @Test func whereTheReplicasAreMissingThatItAsksForItTakesNoWrites() throws {
        var machine = elected(.init(acknowledgements: .count(3), degradeAfter: nil))
        _ = try establish(&machine)
        #expect(machine.log.memberRecords.last?.record.acknowledgements == .count(1))
        #expect(!machine.servesWrites)
        #expect(machine.status(now: .zero).obstacle == .replicas(missing: 1))
    }

    @Test func aReplicaThatWasToldNothingLeavesTheRuleAsItIs() throws {
        var machine = elected(nil)
        let reports = try establish(&machine)
        #expect(reports.isEmpty && machine.log.last == 2)
        #expect(machine.servesWrites)
    }
}
