import NIOConcurrencyHelpers
import Testing

@testable import TandemTransactions

/// What the pool says and does where a connection is not had, dead or kept.
extension ConnectionPoolTests {
    @Test func anExhaustedPoolSaysWhoHasItsConnectionsAndHowManyWait() async throws {
        let pool = try pool(1, acquireTimeout: .milliseconds(30))
        let lease = try await pool.driver.acquire(
            for: Acquirer(transaction: "Books.rename", file: "Books.swift", line: 41))
        let error = await #expect(throws: DatabaseError.self) { try await pool.driver.acquire(for: Acquirer()) }
        #expect(error?.code == .poolExhausted)
        #expect(error?.message.contains("1 of 1 leased (Books.rename at Books.swift:41 for ") ?? false)
        #expect(error?.message.contains("1 task waits") ?? false)
        lease.release(needsReset: false)
    }

    @Test func theDeadlineOfATransactionEndsItsWait() async throws {
        let pool = try pool(1)
        let lease = try await pool.driver.acquire(for: Acquirer())
        let error = await #expect(throws: DatabaseError.self) {
            try await pool.driver.acquire(for: Acquirer(), deadline: .now + .milliseconds(20))
        }
        #expect(error?.code == .timeout)
        lease.release(needsReset: false)
    }

    @Test func aWaitThatRanOutWhileNothingCouldBeReachedTellsWhy() async throws {
        let pool = try pool(1, acquireTimeout: .milliseconds(100), initializationFailTimeout: nil)
        source.state.withLockedValue {
            $0.failure = DatabaseError(.serverUnavailable, "starting up", sqlState: "57P03")
        }
        let error = await #expect(throws: DatabaseError.self) { try await pool.driver.acquire(for: Acquirer()) }
        #expect(error?.code == .serverUnavailable)
        #expect(error?.message.contains("starting up") ?? false)
        #expect(error?.cause is DatabaseError)
        source.state.withLockedValue { $0.failure = nil }
        try await pool.withConnection { _ in }
    }

    @Test func aConnectionOnWhichAnInitialStatementFailsIsClosedAndItsUserToldWhy() async throws {
        source.state.withLockedValue {
            $0.statementFailure = DatabaseError(.invalidStatement, "no such setting", sqlState: "42704")
        }
        let pool = ConnectionPool(
            source,
            configuration: try PoolConfiguration(
                maximumSize: 1, initializationFailTimeout: .zero, initialStatements: ["SET mood = 'good'"]),
            logger: LogCapture().logger)
        let error = await #expect(throws: DatabaseError.self) { try await pool.driver.acquire(for: Acquirer()) }
        #expect(error?.code == .invalidStatement)
        #expect(error?.message == "an initial statement of the pool failed: no such setting")
        #expect(source.made == 1 && source.open.isEmpty)
        await pool.shutdown()
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
        let lease = try await pool.driver.acquire(
            for: Acquirer(transaction: "Books.rename", file: "Books.swift", line: 41))
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
            pool.driver.state.withLockedValue { $0.alarm.map { $0 > .now + .seconds(10) } ?? true }
        }
        let lease = try #require(pool.driver.idleLease(for: Acquirer(transaction: "Books.rename")))
        await eventually("the leak is reported") { log.entries.all.contains { $0.contains("leakDetectionThreshold") } }
        lease.release(needsReset: false)
        await pool.shutdown()
    }

    @Test func allConnectionsCanBeEvicted() async throws {
        let pool = try pool(2)
        let lease = try await pool.driver.acquire(for: Acquirer())
        try await pool.withConnection { _ in }
        await eventually("one is idle") { pool.status.idle == 1 }
        pool.evictAll(reason: "the roles have changed")
        await eventually("the idle one is closed") { source.open == [1] }
        lease.release(needsReset: false)
        await eventually("the other is closed") { source.open.isEmpty }
        try await pool.withConnection { #expect(($0 as? PoolTestConnection)?.number == 3) }
    }
}
