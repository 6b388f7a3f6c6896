import NIOConcurrencyHelpers
import ServiceLifecycle
import Testing

@testable import TandemTransactions

/// The beginning and the end of a pool.
@Suite struct PoolLifecycleTests {
    let source = PoolTestSource()

    private func pool(
        _ maximumSize: Int, minimumIdle: Int? = nil, initializationFailTimeout: Duration? = .milliseconds(100)
    ) throws -> ConnectionPool {
        ConnectionPool(
            source,
            configuration: try PoolConfiguration(
                maximumSize: maximumSize, minimumIdle: minimumIdle,
                initializationFailTimeout: initializationFailTimeout))
    }

    // MARK: The beginning

    @Test func aPoolThatRunsKeepsItsMinimumReady() async throws {
        let pool = try pool(5, minimumIdle: 3)
        let run = Task { try await pool.run() }
        await eventually("three are idle") { pool.status.idle == 3 }
        let lease = try await pool.driver.acquire(for: Acquirer())
        await eventually("three are idle again") { pool.status.idle == 3 }
        lease.release(needsReset: false)
        await pool.shutdown()
        try await run.value
        #expect(source.open.isEmpty)
    }

    @Test func aPoolThatDoesNotRunMakesConnectionsWhenTheyAreAskedFor() async throws {
        let pool = try pool(5)
        #expect(source.made == 0)
        try await pool.withConnection { _ in }
        #expect(source.made == 1)
    }

    @Test func theStartFailsWithTheReasonWhereNoConnectionCanBeMade() async throws {
        let pool = try pool(1)
        source.state.withLockedValue { $0.failure = DatabaseError(.accessDenied, "wrong password", sqlState: "28P01") }
        let error = await #expect(throws: DatabaseError.self) { try await pool.run() }
        #expect(error?.code == .accessDenied)
    }

    /// A pool that does not run has no start that could fail: its first user is told, without waiting for 30 s.
    @Test func theFirstRequestFailsWithTheReasonWhereNoConnectionCanBeMade() async throws {
        let pool = try pool(1)
        source.state.withLockedValue { $0.failure = DatabaseError(.accessDenied, "wrong password", sqlState: "28P01") }
        let error = await #expect(throws: DatabaseError.self) { try await pool.withConnection { _ in } }
        #expect(error?.code == .accessDenied)
    }

    @Test func theStartWaitsForTheServerWhereItIsToldTo() async throws {
        let pool = try pool(1, initializationFailTimeout: nil)
        source.state.withLockedValue { $0.failure = DatabaseError(.connectionLost, "refused") }
        let run = Task { try await pool.run() }
        await eventually("it has tried") { pool.status.lastConnectFailure != nil }
        source.state.withLockedValue { $0.failure = nil }
        await eventually("one is idle") { pool.status.idle == 1 }
        await pool.shutdown()
        try await run.value
    }

    // MARK: The end

    @Test func theServiceGroupsShutdownWaitsForWhoeverHoldsAConnection() async throws {
        let pool = try pool(2)
        let group = ServiceGroup(services: [pool], logger: LogCapture().logger)
        let run = Task { try await group.run() }
        await eventually("it runs") { pool.status.idle == 2 }
        let lease = try await pool.driver.acquire(for: Acquirer())
        await group.triggerGracefulShutdown()
        await eventually("the idle one is closed") { source.open.count == 1 }
        let error = await #expect(throws: DatabaseError.self) { try await pool.driver.acquire(for: Acquirer()) }
        #expect(error?.code == .closed)
        // What the holder needs to come to its end it still gets.
        let other = try await pool.driver.acquire(for: Acquirer(), holding: [lease.id])
        other.release(needsReset: false)
        lease.release(needsReset: false)
        try await run.value
        #expect(source.open.isEmpty)
    }

    @Test func aCancelledRunEndsThePoolAtOnce() async throws {
        let pool = try pool(1)
        let run = Task { try await pool.run() }
        await eventually("one is idle") { pool.status.idle == 1 }
        let lease = try await pool.driver.acquire(for: Acquirer())
        run.cancel()
        try await run.value
        #expect(source.open == [1])
        lease.release(needsReset: false)
        await eventually("it is closed on its return") { source.open.isEmpty }
    }

    @Test func shutdownFailsThoseWhoWaitWhenTheGraceIsOver() async throws {
        let pool = try pool(1)
        let lease = try await pool.driver.acquire(for: Acquirer())
        let waiting = Task { try await pool.driver.acquire(for: Acquirer()) }
        await eventually("it waits") { pool.status.pending == 1 }
        await pool.shutdown(grace: .zero)
        let error = await #expect(throws: DatabaseError.self) { try await waiting.value }
        #expect(error?.code == .closed)
        lease.release(needsReset: false)
        await eventually("it is closed on its return") { source.open.isEmpty }
        await pool.shutdown()
    }

    @Test func shutdownBreaksOffAttemptsThatNobodyWaitsFor() async throws {
        let pool = try pool(2, minimumIdle: 2, initializationFailTimeout: nil)
        source.connects.shut()
        let run = Task { try await pool.run() }
        await eventually("it connects") { source.connects.waiting == 2 }
        await pool.shutdown()
        try await run.value
        await eventually("the attempts have ended") { source.connects.waiting == 0 }
        #expect(source.open.isEmpty)
    }

    // MARK: In a database

    @Test func aTransactionThatIsUnderWayIsServedWhenItsServiceGroupEnds() async throws {
        let database = Database(
            primary: source, configuration: .init(pool: try PoolConfiguration(maximumSize: 2)))
        let group = ServiceGroup(services: [database], logger: LogCapture().logger)
        let run = Task { try await group.run() }
        await eventually("it runs") { database.poolStatus[0].idle == 2 }
        try await database.transaction {
            try await database.execute("INSERT")
            await group.triggerGracefulShutdown()
            await eventually("the idle one is closed") { source.open.count == 1 }
            try await database.execute("INSERT")
        }
        try await run.value
        #expect(source.open.isEmpty)
        let error = await #expect(throws: DatabaseError.self) { try await database.execute("INSERT") }
        #expect(error?.code == .closed)
    }

    @Test func transactionsThatWaitForEachOtherAreNamed() async throws {
        let database = Database(
            primary: source, configuration: .init(pool: try PoolConfiguration(maximumSize: 1)))
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(name: "Orders.place") {
                try await database.execute("INSERT")
                try await database.transaction(propagation: .requiresNew, name: "Audit.write") {
                    try await database.execute("INSERT")
                }
            }
        }
        #expect(error?.code == .poolDeadlock)
        #expect(error?.message.contains("Audit.write at ") ?? false)
        #expect(error?.message.contains("(Orders.place at ") ?? false)
        #expect(database.poolStatus[0].active == 0)
        await database.shutdown()
        #expect(source.open.isEmpty)
    }

    @Test func twoTransactionsThatEachWantAnotherConnectionDoNotBothWait() async throws {
        let database = Database(
            primary: source, configuration: .init(pool: try PoolConfiguration(maximumSize: 2)))
        let begun = NIOLockedValueBox(0)
        let outcomes = await withTaskGroup(of: DatabaseError.Code?.self) { group in
            for task in 0..<2 {
                group.addTask {
                    do {
                        try await database.transaction(name: "outer \(task)") {
                            try await database.execute("INSERT")
                            begun.withLockedValue { $0 += 1 }
                            await eventually("both have begun") { begun.withLockedValue { $0 } == 2 }
                            try await database.transaction(propagation: .requiresNew, name: "inner \(task)") {
                                try await database.execute("INSERT")
                            }
                        }
                        return nil
                    } catch { return (error as? DatabaseError)?.code }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        // The second request fails; what it held serves the first.
        #expect(outcomes.contains(nil))
        #expect(outcomes.contains(.poolDeadlock))
    }

    @Test func aPrimaryThatRefusesWritesIsLookedForAnew() async throws {
        let database = Database(primary: source)
        source.state.withLockedValue { $0.statementFailure = DatabaseError(.readOnlyTransaction, "read-only") }
        _ = try? await database.transaction { try await database.execute("INSERT") }
        await eventually("its connection is closed") { source.open.isEmpty }
        source.state.withLockedValue { $0.statementFailure = nil }
        try await database.transaction { try await database.execute("INSERT") }
        #expect(source.made == 2)
    }

    /// A primary in maintenance refuses each write: the whole pool was made anew each time.
    @Test func aPrimaryThatTakesNoWritesKeepsItsOtherConnections() async throws {
        let database = Database(primary: source)
        let run = Task { try await database.run() }
        await eventually("all are idle") { database.poolStatus[0].idle == 10 }
        source.state.withLockedValue { $0.statementFailure = DatabaseError(.readOnlyTransaction, "maintenance") }
        for refused in 1...3 {
            _ = try? await database.transaction { try await database.execute("INSERT") }
            await eventually("it has been replaced") { database.poolStatus[0].idle == 10 }
            #expect(source.made == 10 + refused)
        }
        source.state.withLockedValue { $0.statementFailure = nil }
        await database.shutdown()
        try await run.value
    }

    @Test func aDatabaseRunsWhileItsReplicasAreDown() async throws {
        let replica = PoolTestSource()
        replica.state.withLockedValue { $0.failure = DatabaseError(.connectionLost, "refused") }
        let database = Database(primary: source, replicas: [replica])
        let run = Task { try await database.run() }
        await eventually("the primary's are ready") { database.poolStatus[0].idle == 10 }
        try await database.transaction(readOnly: true) {
            _ = try await database.query("SELECT")
            #expect(Transaction.current?.routing == .replicasFailed)
        }
        await database.shutdown()
        try await run.value
        #expect(source.open.isEmpty)
    }

    // MARK: A pool that nobody has

    /// The alarm for its idle connections must not keep what nobody can use.
    @Test func aPoolThatNobodyHasGoesWithItsConnections() async throws {
        var pool: ConnectionPool? = try pool(1)
        try await pool?.withConnection { _ in }
        weak let driver = pool?.driver
        #expect(driver?.state.withLockedValue { $0.alarm } != nil)
        pool = nil
        await eventually("nothing keeps it") { driver == nil }
    }

    @Test func aConnectionThatComesBackToAPoolThatNobodyHasGoesWithIt() async throws {
        var pool: ConnectionPool? = try pool(1)
        var lease = try await pool?.driver.acquire(for: Acquirer())
        weak let driver = pool?.driver
        pool = nil
        lease?.release(needsReset: true)
        lease = nil
        await eventually("it has been reset") { source.state.withLockedValue { $0.resets == [1] } }
        await eventually("nothing keeps it") { driver == nil }
    }

    /// Whoever looks whether a connection is alive waits for the driver, which may never answer.
    @Test func aCallThatHangsIsGivenUpThoughNobodyHasThePool() async throws {
        var pool: ConnectionPool? = try pool(1)
        let lease = try await pool?.driver.acquire(for: Acquirer())
        source.resets.shut()
        lease?.release(needsReset: true)
        await eventually("it is being reset") { source.resets.waiting == 1 }
        let driver = try #require(pool?.driver)
        pool = nil
        #expect(driver.state.withLockedValue { $0.alarmTask } != nil)
        source.resets.open()
        await eventually("nothing keeps it") { driver.state.withLockedValue { $0.alarmTask == nil } }
    }

    @Test func whoWaitsForAConnectionOfAPoolThatNobodyHasIsToldWhenTheTimeIsOver() async throws {
        var pool: ConnectionPool? = ConnectionPool(
            source, configuration: try PoolConfiguration(maximumSize: 1, acquireTimeout: .seconds(2)))
        let driver = try #require(pool?.driver)
        let lease = try await driver.acquire(for: Acquirer())
        let waiting = Task { try await driver.acquire(for: Acquirer()) }
        await eventually("one waits") { driver.status.pending == 1 }
        pool = nil
        let error = await #expect(throws: DatabaseError.self) { try await waiting.value }
        #expect(error?.code == .poolExhausted)
        lease.release(needsReset: false)
    }
}
