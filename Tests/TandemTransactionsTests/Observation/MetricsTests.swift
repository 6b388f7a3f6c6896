import Metrics
import MetricsTestKit
import TandemTransactions
import Testing

/// What transactions tell the program's metrics system.
@Suite struct MetricsTests {
    struct Failure: Error {}

    private let metrics = TestMetrics()

    private func database(replicas: [any DataSource] = []) -> Database {
        withMetricsFactory(metrics) { Database(primary: RecordingDataSource("M"), replicas: replicas) }
    }

    private func routes(_ server: String, _ reason: String) throws -> Int64 {
        try metrics.expectCounter("tandem.routes", [("server", server), ("reason", reason)]).totalValue
    }

    private func ended(_ outcome: String, readOnly: Bool) throws -> Int {
        let dimensions = [("database", "M"), ("read_only", "\(readOnly)"), ("outcome", outcome)]
        return try metrics.expectTimer("tandem.transaction.duration", dimensions).values.count
    }

    @Test func eachRouteIsCountedUnderItsServerAndReason() async throws {
        let database = database(replicas: [RecordingDataSource("S")])
        for _ in 1...3 { try await database.transaction(readOnly: true) { _ = try await database.query("SELECT 1") } }
        try await database.transaction { try await database.execute("INSERT") }
        try await database.execute("INSERT")
        #expect(try routes("S", "least_busy") == 3)
        #expect(try routes("M", "read_write") == 2)
        #expect(try routes("M", "replicas_failed") == 0)
    }

    @Test func aWaitForAReplicaIsMeasured() async throws {
        let database = database(replicas: [RecordingDataSource("S")])
        let position = CommitPosition(Engine(rawValue: "recording"), "7")
        try await database.transaction(readOnly: true, freshness: .atLeast(position)) {
            _ = try await database.query("SELECT 1")
        }
        #expect(try routes("S", "waited") == 1)
        #expect(try metrics.expectTimer("tandem.route.wait", [("server", "S")]).values.count == 1)
    }

    @Test func transactionsAreTimedByHowTheyEnded() async throws {
        let database = database()
        try await database.transaction { try await database.execute("INSERT") }
        try await database.transaction(readOnly: true) {}
        await #expect(throws: Failure.self) { try await database.transaction { throw Failure() } }
        #expect(try ended("committed", readOnly: false) == 1)
        #expect(try ended("committed", readOnly: true) == 1)
        #expect(try ended("rolled_back", readOnly: false) == 1)
    }

    @Test func aCallThatJoinsOrRunsWithoutATransactionIsNotCounted() async throws {
        let database = database()
        try await database.transaction { try await database.transaction {} }
        try await database.transaction(propagation: .supports) { try await database.execute("INSERT") }
        #expect(try ended("committed", readOnly: false) == 1)
    }

    @Test func anotherRunOfABodyIsCounted() async throws {
        let database = database()
        var runs = 0
        try await database.transaction(retry: .serializationFailures(3)) {
            runs += 1
            if runs < 3 { throw DatabaseError(.serializationFailure, "again", sqlState: "40001") }
        }
        #expect(try metrics.expectCounter("tandem.transaction.retries", [("database", "M")]).totalValue == 2)
    }

    @Test func aSearchThatFindsNoServerIsCounted() async throws {
        let pool = try PoolConfiguration(acquireTimeout: .milliseconds(250))
        let database = withMetricsFactory(metrics) {
            Database(primary: UnreachableDataSource(), configuration: .init(pool: pool))
        }
        await #expect(throws: DatabaseError.self) { try await database.execute("INSERT") }
        #expect(try metrics.expectCounter("tandem.route.failures", [("database", "down")]).totalValue == 1)
    }
}
