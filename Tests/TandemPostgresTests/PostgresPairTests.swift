import TandemTestServers
import Testing

@Suite struct PostgresPairTests {
    @Test func pairReplicatesPausesDelaysAndIsPromoted() async throws {
        let pair = try await PostgresPair.start()
        try await pair.primary.query("CREATE TABLE t (i int)")
        try await pair.waitUntilLevel()
        #expect(try await pair.replica.value("SELECT count(*) FROM t") == "0")

        try await pair.pauseReplay()
        try await pair.primary.query("INSERT INTO t VALUES (1)")
        #expect(try await pair.replica.value("SELECT count(*) FROM t") == "0")
        try await pair.resumeReplay()
        try await pair.waitUntilLevel()
        #expect(try await pair.replica.value("SELECT count(*) FROM t") == "1")

        try await pair.delayReplay(by: .milliseconds(50))
        try await pair.primary.query("INSERT INTO t VALUES (2)")
        try await pair.waitUntilLevel()
        try await pair.delayReplay(by: .zero)

        try await pair.primary.kill()
        #expect(!pair.primary.isRunning)
        try await pair.promoteReplica()
        try await pair.replica.query("INSERT INTO t VALUES (3)")
        #expect(try await pair.replica.value("SELECT count(*) FROM t") == "3")
        try await pair.primary.start()
        #expect(try await pair.primary.value("SELECT count(*) FROM t") == "2")
        await pair.stop()
    }
}
