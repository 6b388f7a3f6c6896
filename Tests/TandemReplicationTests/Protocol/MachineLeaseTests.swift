import TandemLog
import Testing

@testable import TandemReplication

/// Rule 38: a node reigns only while it holds the lease.
@Suite struct MachineLeaseTests {
    static let first = NodeID(UniqueID(high: 0, low: 1))
    static let second = NodeID(UniqueID(high: 0, low: 2))
    static let group = GroupID(UniqueID(high: 1, low: 1))

    private func moment(_ milliseconds: Int64) -> Moment { Moment(nanoseconds: milliseconds * 1_000_000) }

    private func configuration(_ role: ReplicationMachine.Configuration.Role) -> ReplicationMachine.Configuration {
        var configuration = ReplicationMachine.Configuration(role: role, address: "one:1")
        configuration.requiresLease = true
        return configuration
    }

    /// The creator of a group that asks for no acknowledgement; it has not reigned yet.
    private func creator() -> ReplicationMachine {
        var machine = ReplicationMachine(
            configuration: configuration(.primary(acknowledgements: .count(0), degradeAfter: nil)),
            durable: DurableState(node: Self.first, group: Self.group), log: LogSummary(), applied: nil)
        _ = machine.started(now: .zero)
        return machine
    }

    /// The same, reigning with a lease of a second.
    private func primary() -> ReplicationMachine {
        var machine = creator()
        _ = machine.leaseExtended(until: moment(1000), now: .zero)
        _ = machine.flushed(through: 1, now: .zero)
        return machine
    }

    @Test func aGroupIsSetUpOnceItsCreatorHoldsTheLease() {
        var machine = creator()
        #expect(machine.role == .starting)
        #expect(machine.awaitsLease)
        _ = machine.ticked(now: moment(10_000))
        #expect(machine.role == .starting)
        _ = machine.leaseExtended(until: moment(11_000), now: moment(10_000))
        #expect(machine.role == .primary)
    }

    @Test func nothingIsCommittedOnceTheLeaseHasEnded() {
        var machine = primary()
        #expect(machine.servesWrites)
        _ = machine.proposed(count: 1, now: moment(999))
        let actions = machine.flushed(through: 2, now: moment(1000))
        #expect(machine.commit == 1)
        #expect(machine.role == .replica)
        #expect(
            actions.contains { if case .steppedDown(.leaseEnded) = $0 { true } else { false } },
            "its clients are told that they are in doubt")
    }

    @Test func aGroupThatComesAfterTheLeasesEndIsRefused() {
        var machine = primary()
        let actions = machine.proposed(count: 1, now: moment(1000))
        #expect(actions.contains { if case .refuseProposed = $0 { true } else { false } })
        #expect(machine.log.last == 1)
    }

    @Test func aLeaseThatIsExtendedGoesOnAndNeverGetsShorter() {
        var machine = primary()
        _ = machine.leaseExtended(until: moment(2000), now: moment(500))
        _ = machine.leaseExtended(until: moment(1500), now: moment(600))
        _ = machine.ticked(now: moment(1999))
        #expect(machine.role == .primary)
        _ = machine.ticked(now: moment(2000))
        #expect(machine.role == .replica)
    }

    @Test func aLeaseThatIsLostEndsTheReignAtOnce() {
        var machine = primary()
        _ = machine.leaseLost(now: moment(1))
        #expect(machine.role == .replica)
        #expect(machine.durable.reign != nil, "nobody else has reigned since: it may go on")
    }

    @Test func aCandidateWithItsPromisesWaitsForTheLeaseAndGivesUpWithoutIt() {
        for isGiven in [true, false] {
            var machine = candidate()
            #expect(machine.awaitsLease)
            if isGiven {
                _ = machine.leaseExtended(until: moment(20_000), now: moment(9_000))
                #expect(machine.role == .primary)
            } else {
                let actions = machine.ticked(now: moment(10_000))
                #expect(machine.role == .replica)
                #expect(
                    actions.contains {
                        if case .report(.promotionGivenUp(.withoutLease)) = $0 { true } else { false }
                    })
            }
        }
    }

    /// A replica that needs no promise but its own, and stands.
    private func candidate() -> ReplicationMachine {
        let epoch = Epoch(counter: 1, node: Self.second)
        var history = EpochHistory()
        history.begin(epoch, at: 1)
        let members = [Self.first, Self.second].map { Member(node: $0, address: "\($0):1") }
        let record = MemberRecord(members: members, acknowledgements: .count(1), mayDegrade: false)
        var machine = ReplicationMachine(
            configuration: configuration(.replica(primary: "two:1")),
            durable: DurableState(node: Self.first, group: Self.group, promised: epoch),
            log: LogSummary(
                last: 1, flushed: 1, history: history, memberRecords: [PlacedMemberRecord(index: 1, record: record)],
                knownCommit: 1), applied: Position(epoch: epoch, index: 1))
        _ = machine.started(now: .zero)
        _ = machine.promoteRequested(surveyFirst: false, now: .zero)
        return machine
    }
}
