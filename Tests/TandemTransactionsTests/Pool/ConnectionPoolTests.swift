import Dispatch
import NIOConcurrencyHelpers
import Testing

@testable import TandemTransactions

/// The pool with tasks and a driver.
@Suite struct ConnectionPoolTests {
    let source = PoolTestSource()

    private func pool(
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

    private func number(_ lease: PoolLease) -> Int? { (lease.connection as? PoolTestConnection)?.number }

    // MARK: Taking and returning

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
            for _ in 0..<100 { try await pool.acquire(for: Acquirer()).release(needsReset: false) }
            return executor.jobs - before
        }.value
        #expect(jobs == 0)
        await pool.shutdown()
    }

    @Test func aConnectionIsResetBeforeItsNextUser() async throws {
        let pool = try pool(1)
        source.resets.shut()
        let lease = try await pool.acquire(for: Acquirer())
        lease.release(needsReset: true)
        async let next = pool.acquire(for: Acquirer())
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
        let lease = try await pool.acquire(for: Acquirer())
        lease.release(needsReset: false)
        let other = try await pool.acquire(for: Acquirer())
        lease.release(needsReset: false)
        #expect(pool.inUse == 1)
        other.release(needsReset: false)
        #expect(pool.inUse == 0)
    }

    @Test func aLeaseThatNobodyHasAnyMoreIsNotLost() async throws {
        let log = LogCapture()
        let pool = try pool(1, log: log)
        do { _ = try await pool.acquire(for: Acquirer()) }
        try await pool.withConnection { #expect(($0 as? PoolTestConnection)?.number == 2) }
        #expect(log.entries.all.contains { $0.contains("never released") })
        #expect(source.open == [2])
    }

    // MARK: Waiting

    @Test func tasksAreServedInTheirOrder() async throws {
        let pool = try pool(1)
        let lease = try await pool.acquire(for: Acquirer())
        let order = NIOLockedValueBox<[Int]>([])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<20 {
                group.addTask {
                    guard let lease = try? await pool.acquire(for: Acquirer()) else { return }
                    order.withLockedValue { $0.append(task) }
                    lease.release(needsReset: false)
                }
                await eventually("it waits") { pool.status.pending == task + 1 }
            }
            lease.release(needsReset: false)
        }
        #expect(order.withLockedValue { $0 } == Array(0..<20))
    }

    @Test func aTaskThatIsCancelledWhileItWaitsLeavesTheQueue() async throws {
        let pool = try pool(1)
        let lease = try await pool.acquire(for: Acquirer())
        let first = Task { try await pool.acquire(for: Acquirer()) }
        await eventually("it waits") { pool.status.pending == 1 }
        let second = Task { try await pool.acquire(for: Acquirer()) }
        await eventually("both wait") { pool.status.pending == 2 }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        lease.release(needsReset: false)
        #expect(number(try await second.value) == 1)
    }

    /// Cancelled at every moment between the request and the use of the connection.
    @Test func cancellationLosesNoConnection() async throws {
        let pool = try pool(2)
        for round in 0..<300 {
            let held = round % 2 == 0 ? try await pool.acquire(for: Acquirer()) : nil
            let tasks = (0..<6).map { _ in
                Task { try await pool.withConnection(resets: false) { _ in await Task.yield() } }
            }
            for _ in 0..<(round % 7) { await Task.yield() }
            for (place, task) in tasks.enumerated() where place % 2 == round % 2 { task.cancel() }
            held?.release(needsReset: round % 3 == 0)
            for task in tasks { _ = await task.result }
            #expect(pool.inUse == 0)
            #expect(pool.status.pending == 0)
        }
        await pool.shutdown()
        #expect(source.open.isEmpty)
    }

    @Test func aCancelledTaskLeavesTheConnectionThatWasBeingMadeForItToOthers() async throws {
        let pool = try pool(1)
        source.connects.shut()
        let task = Task { try await pool.acquire(for: Acquirer()) }
        await eventually("it connects") { source.connects.waiting == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        source.connects.open()
        try await pool.withConnection { _ in }
        #expect(source.made == 1)
    }

    // MARK: Failures

    @Test func anExhaustedPoolSaysWhoHasItsConnectionsAndHowManyWait() async throws {
        let pool = try pool(1, acquireTimeout: .milliseconds(30))
        let lease = try await pool.acquire(for: Acquirer(transaction: "Books.rename", file: "Books.swift", line: 41))
        let error = await #expect(throws: DatabaseError.self) { try await pool.acquire(for: Acquirer()) }
        #expect(error?.code == .poolExhausted)
        #expect(error?.message.contains("1 of 1 leased (Books.rename at Books.swift:41 for ") ?? false)
        #expect(error?.message.contains("1 task waits") ?? false)
        lease.release(needsReset: false)
    }

    @Test func theDeadlineOfATransactionEndsItsWait() async throws {
        let pool = try pool(1)
        let lease = try await pool.acquire(for: Acquirer())
        let error = await #expect(throws: DatabaseError.self) {
            try await pool.acquire(for: Acquirer(), deadline: .now + .milliseconds(20))
        }
        #expect(error?.code == .timeout)
        lease.release(needsReset: false)
    }

    @Test func aWaitThatRanOutWhileNothingCouldBeReachedTellsWhy() async throws {
        let pool = try pool(1, acquireTimeout: .milliseconds(100), initializationFailTimeout: nil)
        source.state.withLockedValue {
            $0.failure = DatabaseError(.serverUnavailable, "starting up", sqlState: "57P03")
        }
        let error = await #expect(throws: DatabaseError.self) { try await pool.acquire(for: Acquirer()) }
        #expect(error?.code == .serverUnavailable)
        #expect(error?.message.contains("starting up") ?? false)
        #expect(error?.cause is DatabaseError)
        source.state.withLockedValue { $0.failure = nil }
        try await pool.withConnection { _ in }
    }

    @Test func aDeadConnectionIsReplacedWithoutItsUserNoticing() async throws {
        let pool = try pool(1, aliveBypassWindow: .zero)
        try await pool.withConnection(resets: false) { _ in }
        source.state.withLockedValue { $0.isAlive = false }
        try await pool.withConnection { #expect(($0 as? PoolTestConnection)?.number == 2) }
        #expect(source.state.withLockedValue { $0.validations } == [1])
    }

    @Test func aLeakIsReportedWithItsHolder() async throws {
        let log = LogCapture()
        let pool = try pool(1, leakDetectionThreshold: .milliseconds(1), log: log)
        let lease = try await pool.acquire(for: Acquirer(transaction: "Books.rename", file: "Books.swift", line: 41))
        await eventually("the leak is reported") {
            log.entries.all.contains { $0.hasPrefix("warning") && $0.contains("Books.rename at Books.swift:41") }
        }
        lease.release(needsReset: false)
        await eventually("the return is reported") { log.entries.all.contains { $0.contains("has been returned") } }
    }

    /// Nobody looked at those that were taken without suspending, which is how nearly all are.
    @Test func theLeakOfAnIdleConnectionIsReportedToo() async throws {
        let log = LogCapture()
        let pool = try pool(1, leakDetectionThreshold: .milliseconds(50), log: log)
        try await pool.withConnection(resets: false) { _ in }
        // The alarm that was set for the first user would find this one too.
        await eventually("the alarm has rung") {
            pool.state.withLockedValue { $0.alarm.map { $0 > .now + .seconds(10) } ?? true }
        }
        let lease = try #require(pool.idleLease(for: Acquirer(transaction: "Books.rename")))
        await eventually("the leak is reported") { log.entries.all.contains { $0.contains("leakDetectionThreshold") } }
        lease.release(needsReset: false)
        await pool.shutdown()
    }

    @Test func allConnectionsCanBeEvicted() async throws {
        let pool = try pool(2)
        let lease = try await pool.acquire(for: Acquirer())
        try await pool.withConnection { _ in }
        await eventually("one is idle") { pool.status.idle == 1 }
        pool.evictAll(reason: "the roles have changed")
        await eventually("the idle one is closed") { source.open == [1] }
        lease.release(needsReset: false)
        await eventually("the other is closed") { source.open.isEmpty }
        try await pool.withConnection { #expect(($0 as? PoolTestConnection)?.number == 3) }
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
