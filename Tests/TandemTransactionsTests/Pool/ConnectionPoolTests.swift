import Dispatch
import NIOConcurrencyHelpers
import Testing

@testable import TandemTransactions

/// The pool with tasks and a driver.
@Suite struct ConnectionPoolTests {
    let source = PoolTestSource()

    func pool(
        _ maximumSize: Int, acquireTimeout: Duration = .seconds(30), leakDetectionThreshold: Duration? = nil,
        aliveBypassWindow: Duration = .seconds(60), initializationFailTimeout: Duration? = .seconds(1),
        log: LogCapture = LogCapture()
    ) throws -> ConnectionPool {
        ConnectionPool(
            source,
            configuration: try PoolConfiguration(
                maximumSize: maximumSize, acquireTimeout: acquireTimeout,
                leakDetectionThreshold: leakDetectionThreshold,
                initializationFailTimeout: initializationFailTimeout, aliveBypassWindow: aliveBypassWindow),
            logger: log.logger)
    }

    func number(_ lease: PoolLease) -> Int? { (lease.connection as? PoolTestConnection)?.number }

    @Test func aReturnedConnectionIsUsedAgain() async throws {
        let pool = try pool(2)
        for _ in 0..<3 { try await pool.withConnection(resets: false) { _ in } }
        #expect(source.made == 1)
        #expect(source.state.withLockedValue { $0.resets } == [])
        await pool.shutdown()
    }

    @Test func tasksShareAsManyConnectionsAsThereMayBe() async throws {
        let pool = try pool(4)
        let (inside, most) = (NIOLockedValueBox(0), NIOLockedValueBox(0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    for turn in 0..<20 {
                        try await pool.withConnection(resets: turn % 5 == 0) { _ in
                            let now = inside.withLockedValue { count in
                                count += 1
                                return count
                            }
                            most.withLockedValue { $0 = max($0, now) }
                            await Task.yield()
                            inside.withLockedValue { $0 -= 1 }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect((1...4).contains(most.withLockedValue { $0 }))
        #expect(source.made <= 4)
        await pool.shutdown()
        #expect(source.open.isEmpty)
    }

    /// A task that is suspended is resumed as a new job of its executor: there is none.
    @Test func anIdleConnectionIsHadWithoutSuspending() async throws {
        let pool = try pool(1)
        try await pool.withConnection(resets: false) { _ in }
        let executor = CountingExecutor()
        let jobs = try await Task(executorPreference: executor) {
            let before = executor.jobs
            for _ in 0..<100 { try await pool.driver.acquire(for: Acquirer()).release(needsReset: false) }
            return executor.jobs - before
        }.value
        #expect(jobs == 0)
        await pool.shutdown()
    }

    @Test func aConnectionIsResetBeforeItsNextUser() async throws {
        let pool = try pool(1)
        source.resets.shut()
        let lease = try await pool.driver.acquire(for: Acquirer())
        lease.release(needsReset: true)
        async let next = pool.driver.acquire(for: Acquirer())
        await eventually("the reset has begun") { source.resets.waiting == 1 }
        await eventually("the next task waits") { pool.status.pending == 1 }
        source.resets.open()
        #expect(number(try await next) == 1)
        #expect(source.state.withLockedValue { $0.resets } == [1])
    }

    @Test func aConnectionThatSaysSoIsResetThoughItsUserKnewOfNothing() async throws {
        let pool = try pool(1)
        try await pool.withConnection(resets: false) { ($0 as? PoolTestConnection)?.leaveTraces() }
        try await pool.withConnection(resets: false) { #expect(!$0.needsReset) }
        #expect(source.state.withLockedValue { $0.resets } == [1])
        await pool.shutdown()
    }

    @Test func aBrokenConnectionIsThrownAway() async throws {
        let pool = try pool(1)
        try await pool.withConnection { ($0 as? PoolTestConnection)?.breakDown() }
        try await pool.withConnection { #expect(($0 as? PoolTestConnection)?.number == 2) }
        #expect(source.open == [2])
    }

    @Test func releasingTwiceDoesNothing() async throws {
        let pool = try pool(1)
        let lease = try await pool.driver.acquire(for: Acquirer())
        lease.release(needsReset: false)
        let other = try await pool.driver.acquire(for: Acquirer())
        lease.release(needsReset: false)
        #expect(pool.driver.inUse == 1)
        other.release(needsReset: false)
        #expect(pool.driver.inUse == 0)
    }

    @Test func aLeaseThatNobodyHasAnyMoreIsNotLost() async throws {
        let log = LogCapture()
        let pool = try pool(1, log: log)
        do { _ = try await pool.driver.acquire(for: Acquirer()) }
        try await pool.withConnection { #expect(($0 as? PoolTestConnection)?.number == 2) }
        #expect(log.entries.all.contains { $0.contains("never released") })
        #expect(source.open == [2])
    }
}

/// Runs jobs where others run them, and counts them.
private final class CountingExecutor: TaskExecutor {
    private let count = NIOLockedValueBox(0)
    var jobs: Int { count.withLockedValue { $0 } }

    func enqueue(_ job: consuming ExecutorJob) {
        count.withLockedValue { $0 += 1 }
        let job = UnownedJob(job)
        DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
