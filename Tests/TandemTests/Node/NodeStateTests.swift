import TandemLog
import TandemReplication
import Testing

@testable import Tandem

@Suite struct NodeStateTests {
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

    @Test func nothingCountsAsAppliedThatIsNotKnownToBeCommitted() {
        let state = NodeState()
        state.update(from: replica(), whole: true)
        state.databaseApplied(2)
        #expect(state.progress.applied == 1)
    }
}
