import TandemLog
import Testing

@testable import TandemReplication

/// What a machine does that cannot go on from its own log or database.
@Suite struct MachineSnapshotTests {
    private static let group = MachineTests.group
    private static let epoch = Epoch(counter: 1, node: MachineTests.first)
    private static let later = Epoch(counter: 2, node: MachineTests.third)

    /// A replica with records 1 to 5 of epoch 1, of which `applied` are applied, and that dials.
    private func replica(first: LogIndex = 1, applied: LogIndex = 5, wantsSnapshot: Bool = false, source: String? = nil)
        -> ReplicationMachine
    {
        opened(first: first, applied: applied, wantsSnapshot: wantsSnapshot, source: source).machine
    }

    /// The same, and what it did when it was started.
    private func opened(first: LogIndex = 1, applied: LogIndex = 5, wantsSnapshot: Bool, source: String?)
        -> (machine: ReplicationMachine, actions: [ReplicationMachine.Action])
    {
        let members = MemberRecord(
            members: [MachineTests.first, MachineTests.second].map { Member(node: $0, address: "\($0):1") },
            acknowledgements: .count(1), mayDegrade: false)
        var configuration = ReplicationMachine.Configuration(role: .replica(primary: "one:1"), address: "two:2")
        configuration.wantsSnapshot = wantsSnapshot
        configuration.snapshotSource = source
        var machine = ReplicationMachine(
            configuration: configuration,
            durable: DurableState(node: MachineTests.second, group: Self.group, promised: Self.epoch),
            log: LogSummary(
                first: first, last: 5, flushed: 5,
                history: EpochHistory([.init(epoch: Self.epoch, firstIndex: 1)]) ?? EpochHistory(),
                memberRecords: [PlacedMemberRecord(index: 1, record: members)], knownCommit: applied),
            applied: applied == .zero ? nil : Position(epoch: Self.epoch, index: applied))
        let actions = machine.started(now: .zero)
        return (machine, actions)
    }

    private func accept(_ machine: inout ReplicationMachine, common: LogIndex, first: LogIndex, epoch: Epoch = epoch)
        -> [ReplicationMachine.Action]
    {
        guard case .dialling(let number, _, _) = machine.upstream else { return [] }
        return machine.accepted(
            Accept(
                group: Self.group, epoch: epoch, number: number, common: common, commit: 9, first: first,
                acknowledged: .zero), now: .zero)
    }

    private func minimum(_ actions: [ReplicationMachine.Action]) -> LogIndex? {
        for case .fetchSnapshot("one:1", let request) in actions { return request.minimum }
        return nil
    }

    private func installs(_ actions: [ReplicationMachine.Action]) -> Bool? {
        for case .installSnapshot(_, let replacesLog) in actions { return replacesLog }
        return nil
    }

    private func receive(_ machine: inout ReplicationMachine, at index: LogIndex, continuesLog: Bool)
        -> [ReplicationMachine.Action]
    {
        machine.snapshotReceived(
            at: Position(epoch: Self.epoch, index: index), of: Self.group, continuesLog: continuesLog, now: .zero)
    }

    @Test func aPrunedLogMakesAReplicaTakeASnapshotNotBelowWhatItShows() {
        var machine = replica()
        #expect(minimum(accept(&machine, common: 5, first: 7)) == 5)
        #expect(machine.durable.whole)
        let early = receive(&machine, at: 4, continuesLog: false)
        #expect(installs(early) == nil)
        _ = machine.ticked(now: Moment(nanoseconds: 10_000_000_000))
        _ = accept(&machine, common: 5, first: 7)
        let actions = receive(&machine, at: 8, continuesLog: false)
        #expect(installs(actions) == true)
        // It is not whole, durably, before the log goes that it acknowledged from.
        guard case .persist(let state)? = actions.first(where: { if case .persist = $0 { true } else { false } }) else {
            Issue.record("nothing is persisted")
            return
        }
        #expect(!state.whole && !machine.durable.whole)
    }

    @Test func aLogThatIsLongEnoughAfterAllEndsTheWish() {
        var machine = replica()
        _ = accept(&machine, common: 5, first: 7)
        _ = machine.ticked(now: Moment(nanoseconds: 10_000_000_000))
        let actions = accept(&machine, common: 5, first: 6)
        #expect(actions.contains { if case .abandonSnapshot = $0 { true } else { false } })
        #expect(installs(receive(&machine, at: 8, continuesLog: false)) == nil)
    }

    @Test func aDivergedNodeKeepsItsRecordsAsideAndTakesAnySnapshot() {
        var machine = replica()
        #expect(minimum(accept(&machine, common: 3, first: 1, epoch: Self.later)) == .zero)
        #expect(!machine.durable.whole && !machine.servesReads)
        let actions = receive(&machine, at: 4, continuesLog: false)
        #expect(installs(actions) == true)
        #expect(actions.contains { if case .keepLog(above: 3, _) = $0 { true } else { false } })
    }

    /// A primary that was promoted by force has committed nothing of its own yet: its snapshot ends below what its replicas
    /// have applied. They kept their logs, diverged again, and took another one, for ever; and nothing was committed.
    @Test func aDivergedNodeGivesUpALogThatHoldsTheSnapshotsRecord() {
        var machine = replica()
        _ = accept(&machine, common: 3, first: 1, epoch: Self.later)
        let actions = receive(&machine, at: 3, continuesLog: true)
        #expect(installs(actions) == true)
        #expect(actions.contains { if case .keepLog(above: 3, _) = $0 { true } else { false } })
        #expect(!machine.durable.whole)
    }

    @Test func aRequestedSnapshotKeepsTheLogAndLeavesTheNodeWhole() {
        var machine = replica(wantsSnapshot: true)
        #expect(minimum(accept(&machine, common: 5, first: 1)) == 5)
        #expect(machine.currentEpoch == Self.epoch)
        #expect(installs(receive(&machine, at: 3, continuesLog: true)) == false)
        #expect(machine.durable.whole)
    }

    @Test func aSnapshotWhoseSourceIsNamedIsFetchedWithoutAPrimaryAndNeverReplacesTheLog() {
        var (machine, actions) = opened(first: 3, wantsSnapshot: true, source: "three:3")
        func requested() -> LogIndex? {
            for case .fetchSnapshot("three:3", let request) in actions { return request.minimum }
            return nil
        }
        #expect(requested() == 2, "any that the log goes on from")
        #expect(installs(receive(&machine, at: 8, continuesLog: false)) == nil)
        #expect(machine.durable.whole)
        (machine, actions) = opened(first: 3, wantsSnapshot: true, source: "three:3")
        #expect(installs(receive(&machine, at: 4, continuesLog: true)) == false)
        #expect(machine.durable.whole)
        // A primary's word is enough to take any other.
        (machine, actions) = opened(first: 3, wantsSnapshot: true, source: "three:3")
        _ = accept(&machine, common: 5, first: 1)
        #expect(installs(receive(&machine, at: 8, continuesLog: false)) == true)
        (machine, actions) = opened(first: 1, wantsSnapshot: false, source: "three:3")
        #expect(requested() == nil)
    }

    @Test func aDatabaseBehindItsPrunedLogIsNeitherServedNorAppliedTo() {
        var machine = replica(first: 4, applied: 2)
        #expect(!machine.servesReads)
        let actions = accept(&machine, common: 5, first: 1)
        #expect(minimum(actions) != nil)
        #expect(!actions.contains { if case .commitAdvanced = $0 { true } else { false } })
        #expect(machine.currentEpoch == Self.epoch)
        // Its log is sound and is promised from; but it does not stand for promotion.
        let promotion = machine.promoteRequested(surveyFirst: false, now: .zero)
        #expect(promotion.contains { if case .report(.promotionGivenUp(.notEligible)) = $0 { true } else { false } })
    }

    @Test func aSnapshotOfAnotherGroupOrForAPrimaryIsDropped() {
        var machine = replica(wantsSnapshot: true)
        _ = accept(&machine, common: 5, first: 1)
        let other = machine.snapshotReceived(
            at: Position(epoch: Self.epoch, index: 9), of: GroupID(UniqueID(high: 4, low: 4)), continuesLog: false,
            now: .zero)
        #expect(installs(other) == nil && machine.durable.whole)
    }
}
