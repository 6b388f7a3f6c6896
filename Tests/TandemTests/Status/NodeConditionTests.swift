import TandemLog
import Testing

@testable import Tandem
@testable import TandemReplication

@Suite struct NodeConditionTests {
    private static let member = Member(node: NodeID(UniqueID(high: 0, low: 2)), address: "two:2")

    /// A node of this role that lacks nothing.
    private func status(_ role: ReplicationMachine.Role) -> ReplicationStatus {
        let node = NodeID(UniqueID(high: 0, low: 1))
        let machine = ReplicationMachine(
            configuration: .init(role: .replica(primary: "one:1"), address: "two:2"),
            durable: DurableState(node: node), log: LogSummary(), applied: nil)
        var status = machine.status(now: .zero)
        status.role = role
        status.epoch = Epoch(counter: 1, node: node)
        status.servesReads = true
        status.servesWrites = role == .primary
        status.acknowledgementsRequired = 1
        status.acknowledgementsPresent = 1
        status.peers = [peer(connected: true)]
        return status
    }

    private func peer(connected: Bool) -> ReplicationStatus.Peer {
        ReplicationStatus.Peer(
            node: Self.member.node, address: Self.member.address, isMember: true, connected: connected, whole: true,
            acknowledged: 6, applied: 6, lag: 0, since: .zero)
    }

    private func wait(_ since: Duration) -> ReplicationStatus.Wait {
        ReplicationStatus.Wait(index: 7, since: since, missing: [Self.member], flushedHere: true, transactions: 1)
    }

    @Test func aPrimaryWithItsReplicasIsReadyWhileACommitIsUnderWay() {
        var status = status(.primary)
        #expect(NodeCondition(status, lag: nil) == NodeCondition("ready"))
        status.waiting = wait(.milliseconds(3))
        #expect(NodeCondition(status, lag: nil) == NodeCondition("ready"))
    }

    @Test func aCommitThatWaitsForLongIsSaidToWaitAndForWhom() throws {
        var status = status(.primary)
        status.waiting = wait(.milliseconds(1250))
        let condition = NodeCondition(status, lag: nil)
        #expect(condition.state == "waiting for acknowledgements")
        #expect(condition.waitingFor == "1 acknowledgement of record 7, for 1.250 s: two:2 has acknowledged 6")
    }

    @Test func aCommitWithoutReplicasIsSaidToWaitAtOnce() throws {
        var status = status(.primary)
        status.waiting = wait(.zero)
        status.acknowledgementsPresent = 0
        status.peers = [peer(connected: false)]
        let condition = NodeCondition(status, lag: nil)
        #expect(condition.state == "waiting for acknowledgements")
        #expect(condition.waitingFor == "1 acknowledgement of record 7, for 0.000 s: two:2 is not connected")
    }

    @Test func aPrimaryThatLacksReplicasIsNotReadyThoughNothingWaits() {
        var status = status(.primary)
        status.acknowledgementsPresent = 0
        status.peers = [peer(connected: false)]
        let condition = NodeCondition(status, lag: nil)
        #expect(condition.state == "waiting for replicas")
        #expect(condition.waitingFor == "1 of two:2 to connect: commits wait for that")
        status.degradedSince = .seconds(3)
        #expect(NodeCondition(status, lag: nil) == NodeCondition("degraded"))
    }

    /// Its disk was replaced: it was said not to be connected, by an address that was listed as ready.
    @Test func aMemberWhoseAddressAnotherNodeHasIsNamedByItsIdentity() {
        var status = status(.primary)
        let heir = NodeID(UniqueID(high: 0, low: 3))
        var (gone, joined) = (peer(connected: false), peer(connected: true))
        gone.replacement = ReplicationStatus.Replacement(node: heir, removalNeedsForce: false)
        joined.node = heir
        status.peers = [gone, joined]
        status.acknowledgementsRequired = 2
        let name = "two:2 (node \(Self.member.node))"
        #expect(NodeCondition(status, lag: nil).waitingFor == "1 of \(name) to connect: commits wait for that")
        status.waiting = wait(.zero)
        #expect(
            NodeCondition(status, lag: nil).waitingFor
                == "2 acknowledgements of record 7, for 0.000 s: \(name) is gone, and another node has its address")

        let command = "tandem member remove \(Self.member.node) --url one:1"
        #expect(status.replacedProblem(askedAt: "one:1")?.contains("'\(command)'") == true)
        status.peers[0].replacement?.removalNeedsForce = true
        #expect(status.replacedProblem(askedAt: "one:1")?.contains("'\(command) --accept-data-loss'") == true)
        status.peers[0].replacement = nil
        #expect(status.replacedProblem(askedAt: "one:1") == nil)
    }

    @Test func aPrimaryThatIsNotReadyYetSaysWhy() {
        var status = status(.primary)
        status.servesWrites = false
        status.obstacle = .replicas(missing: 1)
        let condition = NodeCondition(status, lag: nil)
        #expect(condition.state == "waiting for replicas")
        #expect(condition.waitingFor == "1 more replica to join, for the acknowledgements asked for")
        status.obstacle = .levelMembers(missing: 1, of: [Self.member])
        #expect(
            NodeCondition(status, lag: nil).waitingFor
                == "1 of two:2 to connect and catch up, for the acknowledgements asked for")
        status.role = .starting
        status.obstacle = .promises(missing: 1, of: [Self.member], since: .seconds(2))
        let starting = NodeCondition(status, lag: nil)
        #expect(starting.state == "starting")
        #expect(starting.waitingFor?.hasPrefix("1 promise of two:2, for 2.000 s") == true)
    }

    @Test(
        arguments: [
            (behind: 0, lag: nil, state: "ready"), (behind: 1, lag: .milliseconds(20), state: "ready"),
            (behind: 1, lag: .seconds(1), state: "lagging"), (behind: 20_000, lag: .milliseconds(20), state: "lagging"),
        ] as [(UInt64, Duration?, String)])
    func aReplicaFarBehindIsLagging(_ behind: UInt64, _ lag: Duration?, _ state: String) {
        var status = status(.replica)
        status.applied = 10
        status.announced = LogIndex(10 + behind)
        status.flushed = 10
        let condition = NodeCondition(status, lag: lag)
        #expect(condition.state == state)
        #expect((condition.waitingFor == nil) == (state == "ready"))
    }

    @Test(
        arguments: [
            (lag: nil, state: "delayed"), (lag: .seconds(3600), state: "delayed"),
            (lag: .seconds(3602), state: "lagging"),
        ] as [(Duration?, String)])
    func aReplicaThatIsDelayedByChoiceLagsOnlyBeyondThat(_ lag: Duration?, _ state: String) {
        var status = status(.replica)
        status.applied = 10
        status.announced = lag == nil ? 10 : 50_000
        status.flushed = status.announced
        let condition = NodeCondition(status, lag: lag, delay: .seconds(3600))
        #expect(condition.state == state)
        #expect(condition.waitingFor == (state == "delayed" ? nil : "49990 transactions to be applied here"))
    }

    /// It said nothing but that the oldest transaction it waits with is 0 seconds old.
    @Test func aDelayedReplicaThatWaitsForItsClockSaysSo() {
        var status = status(.replica)
        status.applied = 10
        status.announced = 12
        let delay = Duration.seconds(3600)
        let near = NodeCondition(status, lag: .zero, delay: delay, timesAhead: .milliseconds(20))
        #expect(near == NodeCondition("delayed"), "clocks differ by a little")
        let far = NodeCondition(status, lag: .zero, delay: delay, timesAhead: .seconds(60))
        #expect(far.state == "delayed")
        #expect(far.waitingFor?.hasPrefix("its clock, which is 60.000 s behind the commit time") == true)
    }

    /// It was told to wait for the primary, which it does not follow.
    @Test func aCascadeIsToldOfItsUpstream() {
        var status = status(.replica)
        status.flushed = 10
        status.announced = 50_000
        #expect(NodeCondition(status, lag: nil).waitingFor?.hasSuffix("that the primary has still to send") == true)
        status.cascadeOf = "two:2"
        #expect(NodeCondition(status, lag: nil).waitingFor?.hasSuffix("that its upstream has still to send") == true)
        let upstream = HostAndPort(host: "two", port: 2)
        let (cascade, member) = (
            NodeConfiguration.Role.cascade(of: upstream), NodeConfiguration.Role.replica(of: upstream)
        )
        let problem = ReplicationProblem.pruned(common: 4, first: 9)
        #expect(problem.words(follows: cascade.wordForFollowed).hasPrefix("the upstream's log begins at 9"))
        #expect(problem.words(follows: member.wordForFollowed).hasPrefix("the primary's log begins at 9"))
        let need = SnapshotNeed.pruned
        #expect(
            need.words(follows: cascade.wordForFollowed) == "the upstream's log begins behind the end of this node's")
    }

    @Test func aReplicaWithoutItsPrimaryNamesIt() {
        var status = status(.replica)
        status.epoch = nil
        status.primary = "one:1"
        let condition = NodeCondition(status, lag: nil)
        #expect(condition.state == "connecting")
        #expect(condition.waitingFor?.contains("one:1") == true)
    }

    /// Who had asked for it, or the log of an agent, knew alone why nobody was primary.
    @Test func aNodeWithoutAPrimarySaysWhatItsPromotionFailedFor() {
        var status = status(.replica)
        status.failedPromotion = ReplicationStatus.FailedPromotion(
            failure: .tooFewPromises(present: 1, missing: [Self.member], replaced: []), since: .seconds(3))
        #expect(NodeCondition(status, lag: nil).waitingFor == nil, "it follows a primary")
        let words = "; its promotion 3.000 s ago failed: only 1 member has promised to follow"
        status.epoch = nil
        #expect(NodeCondition(status, lag: nil).waitingFor?.contains(words) == true)
        status.role = .starting
        status.obstacle = .promises(missing: 1, of: [Self.member], since: .seconds(2))
        #expect(NodeCondition(status, lag: nil).waitingFor?.contains(words) == true)
    }

    /// While etcd was away every node said only that nobody is primary.
    @Test func aNodeThatWaitsForTheLeaseOrItsHolderSaysWhatTheLeaseIs() {
        let lost = FailoverStatus.failed("the store: no answer", since: .zero)
        let lasting = FailoverStatus.failed("the store: refused", since: .zero + .seconds(3)).following(lost)
        let lease = lasting.words(now: .zero + .seconds(4))
        #expect(lease == "out of reach for 4.000 s (the store: refused)")
        #expect(lasting.following(.free).words(now: .zero + .seconds(4)) == lease, "it began when it says")
        var status = status(.replica)
        #expect(NodeCondition(status, lag: nil, lease: lease).waitingFor == nil, "it follows a primary")
        status.epoch = nil
        let replica = NodeCondition(status, lag: nil, upstreamFailure: "one:1: it is no primary", lease: lease)
        #expect(
            replica.waitingFor
                == "a primary to accept this node (one:1: it is no primary); the group's lease is \(lease)")
        status.role = .starting
        status.obstacle = .lease
        let held = FailoverStatus.other("two:2").words(now: .zero)
        #expect(
            NodeCondition(status, lag: nil, lease: held).waitingFor
                == "the group's lease, which it must hold to reign: it is held by two:2")
    }
}
