import TandemLog
import Testing

@testable import TandemReplication

/// H16: nobody leads with a database that cannot be trusted, or takes nothing any more.
@Suite struct MachineDatabaseTests {
    static let group = GroupID(UniqueID(high: 1, low: 1))
    static let first = NodeID(UniqueID(high: 0, low: 1))
    static let second = NodeID(UniqueID(high: 0, low: 2))
    static let epoch = Epoch(counter: 1, node: first)

    /// The log of a group of two, whose primary is the first; its record says K = 1.
    private var log: LogSummary {
        var history = EpochHistory()
        history.begin(Self.epoch, at: 1)
        let members = [Self.first, Self.second].map { Member(node: $0, address: "\($0):1") }
        let record = MemberRecord(members: members, acknowledgements: .count(1), mayDegrade: false)
        return LogSummary(
            last: 1, flushed: 1, history: history, memberRecords: [PlacedMemberRecord(index: 1, record: record)],
            knownCommit: 1)
    }

    private func node(_ node: NodeID, reign: Epoch? = nil) -> ReplicationMachine {
        ReplicationMachine(
            configuration: .init(role: .replica(primary: "one:1"), address: "two:2"),
            durable: DurableState(node: node, group: Self.group, promised: Self.epoch, reign: reign), log: log,
            applied: nil)
    }

    /// A replica that follows the first node.
    private func replica() -> ReplicationMachine {
        var machine = node(Self.second)
        for action in machine.started(now: .zero) {
            guard case .dial(_, let connect) = action else { continue }
            _ = machine.accepted(
                Accept(
                    group: Self.group, epoch: Self.epoch, number: connect.number, common: 1, commit: 1, first: 1,
                    acknowledged: 1), now: .zero)
        }
        return machine
    }

    /// The first node, which reigns and takes writes; the second is connected and level.
    private func primary() -> ReplicationMachine {
        var machine = ReplicationMachine(
            configuration: .init(role: .primary(acknowledgements: .count(1), degradeAfter: nil), address: "one:1"),
            durable: DurableState(node: Self.first, group: Self.group), log: LogSummary(), applied: nil)
        _ = machine.started(now: .zero)
        _ = machine.flushed(through: 1, now: .zero)
        let connect = Connect(
            group: nil, node: Self.second, address: "two:2", number: ConnectionNumber(rawValue: 1), promised: nil,
            whole: true, history: EpochHistory(), last: .zero, commit: .zero)
        _ = machine.connectReceived(connect, from: ConnectionID(1), now: .zero)
        for index in [LogIndex(1), 2] {
            _ = acknowledge(&machine, index)
            _ = machine.flushed(through: 2, now: .zero)
        }
        _ = machine.applied(machine.log.position(at: 1)!, now: .zero)
        return machine
    }

    @discardableResult
    private func acknowledge(
        _ machine: inout ReplicationMachine, _ index: LogIndex, sound: Bool = true, delayed: Bool = false
    ) -> [ReplicationMachine.Action] {
        machine.acknowledgementReceived(
            Acknowledgement(
                epoch: machine.durable.promised!, number: ConnectionNumber(rawValue: 1), written: index, flushed: index,
                applied: .zero, whole: true, sound: sound, delayed: delayed), from: ConnectionID(1), now: .zero)
    }

    private func failure(in actions: [ReplicationMachine.Action]) -> ReplicationReport.PromotionFailure? {
        for case .report(.promotionGivenUp(let failure)) in actions { return failure }
        return nil
    }

    private func takeOver(_ machine: inout ReplicationMachine) -> [ReplicationMachine.Action] {
        guard case .following(let following) = machine.upstream else { return [] }
        return machine.takeOverReceived(
            TakeOver(epoch: Self.epoch, number: following.number, last: machine.log.last), now: .zero)
    }

    @Test func aReplicaWhoseDatabaseHasFailedDoesNotStandWhateverIsAccepted() {
        var machine = replica()
        #expect(machine.mayStand)
        _ = machine.databaseFailed("the disk is full", now: .zero)
        #expect(machine.role == .replica, "its log is sound: it goes on acknowledging and promising")
        #expect(!machine.mayStand)
        for accepts in [false, true] {
            let actions = machine.promoteRequested(surveyFirst: false, acceptsDataLoss: accepts, now: .zero)
            #expect(failure(in: actions) == .databaseFailed("the disk is full"))
        }
        #expect(failure(in: takeOver(&machine)) == .databaseFailed("the disk is full"))
        #expect(machine.role == .replica)
    }

    @Test func aReplicaThatHasDriftedStandsOnlyWhereALossIsAccepted() {
        var machine = replica()
        _ = machine.databaseDrifted(now: .zero)
        #expect(!machine.mayStand)
        #expect(failure(in: machine.promoteRequested(surveyFirst: false, now: .zero)) == .databaseDrifted)
        #expect(failure(in: takeOver(&machine)) == .databaseDrifted)
        _ = machine.promoteRequested(surveyFirst: false, acceptsDataLoss: true, now: .zero)
        #expect(machine.role == .primary, "one promise of two is enough where one acknowledgement is asked for")
    }

    @Test func aPromotionUnderWayEndsWithTheDatabase() {
        for isDrift in [true, false] {
            var machine = node(Self.second)
            _ = machine.started(now: .zero)
            _ = machine.promoteRequested(now: .zero)
            #expect(machine.election != nil)
            let actions =
                isDrift ? machine.databaseDrifted(now: .zero) : machine.databaseFailed("gone", now: .zero)
            #expect(failure(in: actions) == (isDrift ? .databaseDrifted : .databaseFailed("gone")))
            #expect(machine.election == nil && machine.role == .replica)
        }
    }

    @Test func whoseDatabaseFailsBeforeTheNodeStartsDoesNotGoOnWithItsReign() {
        var machine = node(Self.first, reign: Self.epoch)
        _ = machine.databaseFailed("gone", now: .zero)
        _ = machine.started(now: .zero)
        #expect(machine.role == .failed)
        var drifted = node(Self.first, reign: Self.epoch)
        _ = drifted.databaseDrifted(now: .zero)
        _ = drifted.started(now: .zero)
        #expect(drifted.role == .starting, "its own reign goes on: nobody else has the rows that its clients saw")
    }

    @Test func aPrimaryHandsOverToNoReplicaThatIsDelayedAndPausesNobodyForIt() {
        var primary = primary()
        acknowledge(&primary, 2, delayed: true)
        let refused = primary.handOverRequested(to: Self.second, within: .seconds(5), now: .zero)
        #expect(
            refused.contains { if case .report(.handOverGivenUp(.delayed(Self.second))) = $0 { true } else { false } })
        #expect(!refused.contains { if case .pauseWrites = $0 { true } else { false } })
    }

    @Test func aPrimaryIsToldAtOnceAndHandsOverToNoDatabaseLikeThat() {
        var machine = replica()
        let told = machine.databaseDrifted(now: .zero).contains {
            if case .sendUpstream(.acknowledgement(let acknowledgement), _) = $0 {
                !acknowledgement.sound
            } else {
                false
            }
        }
        #expect(told)
        var primary = primary()
        #expect(primary.servesWrites)
        acknowledge(&primary, 2, sound: false)
        let refused = primary.handOverRequested(to: Self.second, within: .seconds(5), now: .zero)
        #expect(
            refused.contains { if case .report(.handOverGivenUp(.unsound(Self.second))) = $0 { true } else { false } })
        #expect(!refused.contains { if case .pauseWrites = $0 { true } else { false } })
        acknowledge(&primary, 2)
        let begun = primary.handOverRequested(to: Self.second, within: .seconds(5), now: .zero)
        #expect(begun.contains { if case .pauseWrites = $0 { true } else { false } })
        let given = acknowledge(&primary, 2, sound: false)
        #expect(given.contains { if case .resumeWrites = $0 { true } else { false } })
    }
}
