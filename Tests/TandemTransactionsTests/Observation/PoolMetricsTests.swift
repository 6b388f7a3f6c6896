import Metrics
import MetricsTestKit
import Testing

@testable import TandemTransactions

/// What a pool tells the program's metrics system.
@Suite struct PoolMetricsTests {
    private let metrics = TestMetrics()
    private let source = PoolTestSource()
    private let dimensions = [("pool", "test"), ("role", "any")]

    private func pool(
        acquireTimeout: Duration = .seconds(30), leakDetectionThreshold: Duration? = nil
    ) throws -> ConnectionPool {
        let configuration = try PoolConfiguration(
            maximumSize: 2, acquireTimeout: acquireTimeout, leakDetectionThreshold: leakDetectionThreshold,
            initializationFailTimeout: nil, aliveBypassWindow: .seconds(60))
        return withMetricsFactory(metrics) { ConnectionPool(source, configuration: configuration) }
    }

    /// Connections in use, idle, and of any state, and tasks that wait.
    private func numbers() throws -> [Double] {
        try ["active", "idle", "total", "pending"].map {
            try metrics.expectMeter("tandem.pool.\($0)", dimensions).lastValue ?? 0
        }
    }

    private func durations(_ name: String) throws -> [Int64] {
        try metrics.expectTimer("tandem.pool.\(name).duration", dimensions).values
    }

    private func count(_ name: String) throws -> Int64 {
        try metrics.expectCounter("tandem.pool.\(name)", dimensions).totalValue
    }

    @Test func connectionsAndWhoWaitsForThemAreShown() async throws {
        let pool = try pool()
        #expect(try numbers() == [0, 0, 0, 0])
        let first = try await pool.driver.acquire(for: Acquirer())
        #expect(try numbers() == [1, 0, 1, 0])
        let second = try await pool.driver.acquire(for: Acquirer())
        let waiting = Task { try await pool.driver.acquire(for: Acquirer()) }
        await eventually("one waits") { (try? numbers()) == [2, 0, 2, 1] }
        first.release(needsReset: false)
        let third = try await waiting.value
        #expect(try numbers() == [2, 0, 2, 0])
        second.release(needsReset: false)
        third.release(needsReset: true)
        await eventually("both are idle") { (try? numbers()) == [0, 2, 2, 0] }
        await pool.shutdown()
        #expect(try numbers() == [0, 0, 0, 0])
    }

    /// The two were one series, where one list of hosts is both.
    @Test func thePoolsOfAPrimaryAndAReplicaOfTheSameHostsAreToldApart() async throws {
        let database = withMetricsFactory(metrics) { Database(primary: source, replicas: [source]) }
        try await database.transaction {
            try await database.execute("INSERT")
            let active = try ["primary", "replica"].map {
                try metrics.expectMeter("tandem.pool.active", [("pool", "test"), ("role", $0)]).lastValue ?? 0
            }
            #expect(active == [1, 0])
        }
        await database.shutdown()
    }

    @Test func whatIsDoneIsTimed() async throws {
        let pool = try pool()
        for _ in 1...3 { try await pool.withConnection(resets: false) { _ in } }
        #expect(try durations("connect").count == 1)
        #expect(try durations("usage").count == 3)
        let waits = try durations("acquire")
        #expect(waits.count == 3 && waits.dropFirst().allSatisfy { $0 == 0 }, "an idle one is had at once")
        await pool.shutdown()
    }

    @Test func whatGoesWrongIsCounted() async throws {
        let pool = try pool(acquireTimeout: .milliseconds(250), leakDetectionThreshold: .milliseconds(1))
        let leases = [try await pool.driver.acquire(for: Acquirer()), try await pool.driver.acquire(for: Acquirer())]
        await #expect(throws: DatabaseError.self) { _ = try await pool.driver.acquire(for: Acquirer()) }
        #expect(try count("timeouts") == 1)
        await eventually("both count as leaks") { (try? count("leaks")) == 2 }
        for lease in leases { lease.release(needsReset: false) }
        pool.evictAll(reason: "to make new ones")
        source.state.withLockedValue { $0.failure = DatabaseError(.connectionLost, "refused") }
        await #expect(throws: DatabaseError.self) { _ = try await pool.driver.acquire(for: Acquirer()) }
        #expect(try count("connect.failures") >= 1)
        await pool.shutdown()
    }
}
