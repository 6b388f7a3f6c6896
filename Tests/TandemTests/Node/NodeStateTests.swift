import TandemLog
import TandemReplication
import Testing

@testable import Tandem

@Suite struct NodeStateTests {
    /// Where record 1 is.
    private let position = Position(epoch: Epoch(counter: 1, node: NodeID(UniqueID(high: 0, low: 1))), index: 1)

    /// A replica that knows record 1 to be committed and has applied nothing.
    private func replica() -> ReplicationMachine {
        let (node, primary) = (NodeID(UniqueID(high: 0, low: 2)), NodeID(UniqueID(high: 0, low: 1)))
        var history = EpochHistory()
        history.begin(Epoch(counter: 1, node: primary), at: 1)
        return ReplicationMachine(
            configuration: .init(role: .replica(primary: "one:1"), address: "two:2"),
            durable: DurableState(node: node, group: GroupID(UniqueID(high: 1, low: 1))),
            log: LogSummary(last: 1, flushed: 1, history: history, knownCommit: 1), applied: nil)
    }

    @Test func whoWaitsHearsFromTheDatabaseThreadBeforeTheReplicationThreadKnows() async throws {
        let (state, machine) = (NodeState(), replica())
        state.update(from: machine, whole: true)
        let waiter = AppliedWaiter(1)
        state.add(waiter)
        #expect(state.progress.applied == 0)
        state.databaseApplied(1)
        #expect(try await waiter.answer.value)
        #expect(state.progress.applied == 1)
        state.update(from: machine, whole: false)
        #expect(state.progress.applied == 1, "the machine has not heard of it yet")
    }

    @Test func aReplicaThatHasAppliedNothingShowsNoPositionThoughItKnowsThatToBeCommitted() async throws {
        let state = NodeState()
        state.update(from: replica(), whole: true)
        #expect(state.outcome(of: position) == .committed)
        #expect(try await !state.waitUntilApplied(position, until: .now))
        state.databaseApplied(1)
        #expect(try await state.waitUntilApplied(position, until: .now))
    }

    /// The database's thread may be ahead of what the replication thread has told; the position was said to be in doubt.
    @Test func whoWaitsHearsOfAPositionThatIsAppliedBeforeItIsKnownToBeCommitted() async throws {
        let state = NodeState()
        state.databaseApplied(1)
        async let isReached = state.waitUntilApplied(position, until: .now + .seconds(60))
        try await eventually("it waits") { state.isWaitedFor }
        state.update(from: replica(), whole: true)
        let isSeen = try await isReached
        #expect(isSeen)
    }

    @Test func nothingCountsAsAppliedThatIsNotKnownToBeCommitted() {
        let state = NodeState()
        state.update(from: replica(), whole: true)
        state.databaseApplied(2)
        #expect(state.progress.applied == 1)
    }
}
