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
        let epoch = try #require(machine.durable.reign)
        _ = machine.flushed(through: 2, now: .zero)
        _ = machine.connectReceived(
            Connect(
                group: Self.group, node: Self.nodes[2], address: "three:3", number: ConnectionNumber(rawValue: 1),
                promised: epoch, whole: true, history: Self.history, last: 1, commit: 1),
            from: ConnectionID(1), now: .zero)
        var actions = machine.acknowledgementReceived(
            Acknowledgement(
                epoch: epoch, number: ConnectionNumber(rawValue: 1), written: 2, flushed: 2, applied: 1, whole: true),
            from: ConnectionID(1), now: .zero)
        actions += machine.ticked(now: .zero)
        var reports: [ReplicationReport] = []
        for case .report(let report) in actions { reports.append(report) }
        return reports
    }

    @Test(arguments: [.count(0), .count(2), .majority, .all] as [AcknowledgementRule])
    func aReplicaThatWasToldHowManyAcknowledgeAsksForThemOnceItReigns(_ rule: AcknowledgementRule) throws {
        var machine = elected(.init(acknowledgements: rule, degradeAfter: nil))
        let reports = try establish(&machine)
        #expect(reports.contains(.acknowledgementsChange(from: .count(1), to: rule, at: 3)))
        #expect(machine.log.memberRecords.last?.record.acknowledgements == rule)
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
