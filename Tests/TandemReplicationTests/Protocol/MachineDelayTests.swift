import TandemLog
import Testing

@testable import TandemReplication

/// What a machine does whose database is delayed by choice (docs/REPLICATION.md, rule 39).
@Suite struct MachineDelayTests {
    private static let epoch = Epoch(counter: 1, node: MachineTests.first)

    /// A replica that knows of 5 committed records, of which its database has 2, and that follows the primary.
    private func replica(appliesDelayed: Bool) -> ReplicationMachine {
        let members = MemberRecord(
            members: [MachineTests.first, MachineTests.second].map { Member(node: $0, address: "\($0):1") },
            acknowledgements: .count(1), mayDegrade: false)
        var configuration = ReplicationMachine.Configuration(role: .replica(primary: "one:1"), address: "two:2")
        configuration.appliesDelayed = appliesDelayed
        var machine = ReplicationMachine(
            configuration: configuration,
            durable: DurableState(node: MachineTests.second, group: MachineTests.group, promised: Self.epoch),
            log: LogSummary(
                first: 1, last: 5, flushed: 5,
                history: EpochHistory([.init(epoch: Self.epoch, firstIndex: 1)]) ?? EpochHistory(),
                memberRecords: [PlacedMemberRecord(index: 1, record: members)], knownCommit: 5),
            applied: Position(epoch: Self.epoch, index: 2))
        _ = machine.started(now: .zero)
        guard case .dialling(let number, _, _) = machine.upstream else { return machine }
        _ = machine.accepted(
            Accept(
                group: MachineTests.group, epoch: Self.epoch, number: number, common: 5, commit: 5, first: 1,
                acknowledged: .zero), now: .zero)
        return machine
    }

    private func takeOver(_ machine: inout ReplicationMachine) -> [ReplicationMachine.Action] {
        guard case .following(let following) = machine.upstream else { return [] }
        return machine.takeOverReceived(
            TakeOver(epoch: following.epoch, number: following.number, last: 5), now: .zero)
    }

    @Test func afterARestartItServesReadsOnceItHasWhatIsOldEnough() {
        var machine = replica(appliesDelayed: true)
        #expect(!machine.servesReads)
        _ = machine.applied(Position(epoch: Self.epoch, index: 3), now: .zero)
        #expect(!machine.servesReads, "more may be old enough")
        _ = machine.databaseCaughtUp(now: .zero)
        #expect(machine.servesReads)
        var other = replica(appliesDelayed: false)
        _ = other.databaseCaughtUp(now: .zero)
        #expect(!other.servesReads)
    }

    @Test func itDoesNotTakeOverAsPlannedButIsPromoted() {
        var machine = replica(appliesDelayed: true)
        let actions = takeOver(&machine)
        #expect(actions.contains { if case .report(.promotionGivenUp(.delayed)) = $0 { true } else { false } })
        #expect(machine.role == .replica && machine.election == nil)
        _ = machine.promoteRequested(surveyFirst: false, now: .zero)
        #expect(machine.role == .primary)
        var other = replica(appliesDelayed: false)
        _ = takeOver(&other)
        #expect(other.role == .primary)
    }
}
