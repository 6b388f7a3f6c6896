import TandemLog
import TandemReplication
import Testing

@testable import Tandem

@Suite struct FailoverPlanTests {
    static let group = GroupID(UniqueID(high: 7, low: 7))
    static let session = FailoverSession(id: 1)
    static let options = FailoverOptions(store: SilentStore())

    /// A store that nobody asks here: the plan has no I/O.
    struct SilentStore: FailoverStore {
        let name = "nothing"
        func keep(_ session: FailoverSession?, timeToLive: Duration) async throws -> FailoverSession { throw Asked() }
        func look() async throws -> FailoverView { throw Asked() }
        func takeLead(_ entry: FailoverEntry, _ session: FailoverSession, after former: FailoverSession?) async throws
            -> Bool
        { throw Asked() }
        func giveBackLead(_ session: FailoverSession) async throws { throw Asked() }
        func announce(_ entry: FailoverEntry, _ session: FailoverSession) async throws { throw Asked() }
        func withdraw(_ entry: FailoverEntry) async throws { throw Asked() }
        func end(_ session: FailoverSession) async throws { throw Asked() }
        struct Asked: Error {}
    }

    var plan = FailoverPlan(options: options)

    static func node(_ number: UInt64, _ role: ReplicationMachine.Role = .replica, at index: UInt64 = 10)
        -> FailoverSituation
    {
        let epoch = Epoch(counter: 1, node: NodeID(UniqueID(high: 0, low: 1)))
        var situation = FailoverSituation(
            node: NodeID(UniqueID(high: 0, low: number)), group: group, address: "n\(number):1", role: role)
        situation.position = Position(epoch: epoch, index: LogIndex(index))
        return situation
    }

    /// A primary that was started again, and lacks nothing but the lease.
    static func starting(_ number: UInt64) -> FailoverSituation {
        var situation = node(number, .starting)
        situation.needsLease = true
        return situation
    }

    static func view(ledBy leader: FailoverSituation? = nil, in session: Int64 = 1, _ candidates: FailoverSituation...)
        -> FailoverView
    {
        let lead = leader?.entry.map { FailoverView.Lead(entry: $0, session: FailoverSession(id: session)) }
        return FailoverView(lead: lead, candidates: candidates.compactMap(\.entry))
    }

    func moment(_ milliseconds: Int64) -> Moment { Moment(nanoseconds: milliseconds * 1_000_000) }

    @Test mutating func aPrimaryTakesTheLeaseThatIsFreeAndHoldsIt() {
        let primary = Self.node(1, .primary)
        #expect(plan.next(primary, Self.view(), Self.session, now: moment(0)) == .take(after: nil))
        #expect(plan.next(primary, Self.view(ledBy: primary), Self.session, now: moment(10)) == .hold)
    }

    @Test mutating func aProcessStartedAgainTakesTheLeaseOfTheOneBeforeItButNoOther() {
        let primary = Self.starting(1)
        let former = FailoverSession(id: 9)
        #expect(
            plan.next(primary, Self.view(ledBy: primary, in: 9), Self.session, now: moment(0)) == .take(after: former))
        #expect(plan.next(primary, Self.view(ledBy: Self.node(2), in: 9), Self.session, now: moment(0)) == .lose)
    }

    @Test mutating func whereNobodyLeadsReplicasSayHowFarTheyAreBeforeOneStands() {
        let own = Self.node(2)
        #expect(plan.next(own, Self.view(), Self.session, now: moment(0)) == .announce)
        #expect(plan.next(own, Self.view(own), Self.session, now: moment(999)) == .announce)
        #expect(plan.next(own, Self.view(own), Self.session, now: moment(1000)) == .stand)
    }

    @Test mutating func whoLeadsMeanwhileBeginsTheWaitAnew() {
        var own = Self.node(2)
        _ = plan.next(own, Self.view(), Self.session, now: moment(0))
        own.follows = true
        #expect(plan.next(own, Self.view(ledBy: Self.node(1), in: 9), Self.session, now: moment(900)) == .wait)
        own.follows = false
        #expect(plan.next(own, Self.view(own), Self.session, now: moment(1500)) == .announce)
    }

    @Test mutating func theNodeThatIsFarthestStandsAndTheLowerIdentityOfTwoThatAreLevel() {
        _ = plan.next(Self.node(2), Self.view(), Self.session, now: moment(0))
        let own = Self.node(2)
        for (other, step) in [
            (Self.node(3, at: 11), FailoverPlan.Step.announce), (Self.node(3, at: 9), .stand), (Self.node(3), .stand),
            (Self.node(1), .announce),
        ] {
            var plan = plan
            #expect(plan.next(own, Self.view(own, other), Self.session, now: moment(2000)) == step)
        }
    }

    @Test mutating func whoDidNotBecomePrimaryGivesTheLeaseBackAndLetsOthersTry() {
        let own = Self.node(2)
        _ = plan.next(own, Self.view(), Self.session, now: moment(0))
        #expect(plan.next(own, Self.view(own), Self.session, now: moment(1000)) == .stand)
        let led = Self.view(ledBy: own)
        #expect(plan.next(own, led, Self.session, now: moment(1500)) == .hold)
        #expect(plan.next(Self.node(2, .candidate), led, Self.session, now: moment(5000)) == .hold)
        #expect(plan.next(own, led, Self.session, now: moment(6000)) == .giveBack)
        #expect(plan.next(own, Self.view(own), Self.session, now: moment(6500)) == .wait)
        #expect(plan.next(own, Self.view(own), Self.session, now: moment(9000)) == .stand)
    }

    @Test mutating func aReplicaThatHoldsTheLeaseGivesItBack() {
        let replica = Self.node(1)
        #expect(plan.next(replica, Self.view(ledBy: replica), Self.session, now: moment(0)) == .giveBack)
    }

    @Test mutating func aReplicaThatHearsFromNobodySaysSoWhileSomebodyLeadsAndTakesItBack() {
        var replica = Self.node(2)
        let primary = Self.node(1, .primary)
        let led = Self.view(ledBy: primary, in: 9)
        #expect(plan.next(replica, led, Self.session, now: moment(0)) == .announce)
        replica.follows = true
        #expect(
            plan.next(replica, Self.view(ledBy: primary, in: 9, replica), Self.session, now: moment(0)) == .withdraw)
        #expect(plan.next(replica, led, Self.session, now: moment(0)) == .wait)
    }

    @Test mutating func aPrimaryWhoseCommitsWaitLetsGoOnlyWhereAReplicaHearsFromNobody() {
        var primary = Self.node(1, .primary)
        let lonely = Self.view(ledBy: primary, Self.node(2))
        primary.waiting = .milliseconds(4999)
        #expect(plan.next(primary, lonely, Self.session, now: moment(0)) == .hold)
        primary.waiting = .milliseconds(5001)
        #expect(plan.next(primary, Self.view(ledBy: primary), Self.session, now: moment(0)) == .hold)
        #expect(plan.next(primary, lonely, Self.session, now: moment(0)) == .giveBack)
        let former = Self.node(1)
        #expect(plan.next(former, Self.view(former), Self.session, now: moment(9000)) == .wait)
        #expect(plan.next(former, Self.view(former), Self.session, now: moment(10_500)) == .stand)
    }

    @Test mutating func whoCannotBePromotedDoesNothing() {
        let failed = Self.node(2, .failed)
        for time in [0, 1000, 2000] as [Int64] {
            #expect(plan.next(failed, Self.view(), Self.session, now: moment(time)) == .wait)
        }
    }

    @Test mutating func theLeaseOfAnotherGroupIsLeftAlone() {
        var stranger = Self.node(1)
        stranger.group = GroupID(UniqueID(high: 8, low: 8))
        let primary = Self.node(2, .primary)
        let view = Self.view(ledBy: stranger, in: 9)
        #expect(plan.next(primary, view, Self.session, now: moment(0)) == .refuse(view.lead!.entry))
    }
}
