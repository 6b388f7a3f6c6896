import Testing

@testable import TandemMariaDB

@Suite struct ServerStateTests {
    private func state(readOnly: String, replicating: String, applied: String, written: String) -> ServerState {
        var answer = TextResult()
        answer.names = ["read_only", "applied", "written", "replicating"]
        answer.rows = [[readOnly, applied, written, replicating]]
        return ServerState(answer)
    }

    /// It is in the replica's binary log before it is committed: who was sent there by that read an older state.
    @Test(arguments: [("1", "1"), ("0", "1"), ("1", "0")])
    func whatAReplicaHasInItsBinaryLogAloneCannotBeReadYet(readOnly: String, replicating: String) {
        let state = state(readOnly: readOnly, replicating: replicating, applied: "0-1-5", written: "0-1-6")
        #expect(state.role == .replica)
        #expect(state.position?.text == "0-1-5")
    }

    @Test func aPrimaryShowsWhatItWroteAndWhatItAppliedBefore() {
        let state = state(readOnly: "0", replicating: "0", applied: "0-1-5,1-1-9", written: "0-2-6")
        #expect(state.role == .primary)
        #expect(state.position?.text == "0-2-6,1-1-9")
    }
}
