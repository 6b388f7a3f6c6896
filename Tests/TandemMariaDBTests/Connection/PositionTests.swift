import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

/// On a pair of its own, whose replica is held back.
@Suite(.serialized) struct PositionTests {
    private static let starting = Task { try await MariaDBPair.start() }

    private func connections() async throws -> (
        MariaDBPair, primary: any DataSourceConnection, replica: any DataSourceConnection
    ) {
        let pair = try await Self.starting.value
        return (
            pair, try await MariaDBDataSource(pair.primary.url).connect(to: .primary, deadline: Bed.soon),
            try await MariaDBDataSource(pair.replica.url).connect(to: .replica, deadline: Bed.soon)
        )
    }

    private func write(_ connection: any DataSourceConnection) async throws -> CommitPosition {
        try await connection.run("CREATE TABLE IF NOT EXISTS position_table (i INT)")
        try await connection.begin()
        try await connection.run("INSERT INTO position_table VALUES (1)")
        return try #require(try await connection.commit())
    }

    @Test func onlyACommitThatWroteHasAPosition() async throws {
        let (_, primary, replica) = try await connections()
        let first = try await write(primary)
        #expect(first.engine == .mariadb)
        try await primary.begin()
        try await primary.run("SELECT * FROM position_table")
        #expect(try await primary.commit() == nil)
        try await primary.begin(isReadOnly: true)
        #expect(try await primary.commit() == nil)
        let second = try await write(primary)
        let source = try MariaDBDataSource("mariadb://h/d")
        #expect(source.isReached(first, by: second) == true)
        #expect(source.isReached(second, by: first) == false)
        await primary.close()
        await replica.close()
    }

    @Test func aStatementAloneTellsItsPosition() async throws {
        let (pair, primary, replica) = try await connections()
        _ = try await write(primary)
        try await pair.primary.query(
            """
            CREATE OR REPLACE FUNCTION write_position(number INT) RETURNS INT MODIFIES SQL DATA DETERMINISTIC
            BEGIN INSERT INTO position_table VALUES (number); RETURN number; END
            """)
        for statement: Statement in ["INSERT INTO position_table VALUES (2)", "SELECT write_position(3)"] {
            for _ in 1...2 {
                let (_, commit) = try await primary.executeAlone(statement, deadline: nil)
                guard case .position(let position) = commit else {
                    Issue.record("\(commit) of \(statement)")
                    continue
                }
                #expect(try await primary.waitUntilReached(position, deadline: Bed.soon))
            }
        }
        #expect(try await primary.executeAlone("SELECT COUNT(*) FROM position_table", deadline: nil).1 == .nothing)
        await primary.close()
        await replica.close()
    }

    @Test func replicaIsWaitedForAndShowsWhatWasWritten() async throws {
        let (pair, primary, replica) = try await connections()
        try await pair.waitUntilLevel()
        try await pair.pauseReplay()
        let position = try await write(primary)
        #expect(try await !replica.waitUntilReached(position, deadline: .now + .milliseconds(100)))
        #expect(try await !replica.waitUntilReached(position, deadline: .now))
        let waiting = Task { try await replica.waitUntilReached(position, deadline: Bed.soon) }
        try await pair.resumeReplay()
        #expect(try await waiting.value)
        #expect(try await replica.waitUntilReached(position, deadline: Bed.soon))
        #expect(try await primary.waitUntilReached(position, deadline: Bed.soon))
        let beyond = CommitPosition(.mariadb, "0-1-999999999")
        #expect(try await !primary.waitUntilReached(beyond, deadline: Bed.soon), "a primary does not wait for itself")
        await #expect(throws: DatabaseError.self) {
            _ = try await replica.waitUntilReached(CommitPosition(.mariadb, "'); DROP TABLE x"), deadline: Bed.soon)
        }
        await primary.close()
        await replica.close()
    }

    @Test func waitThatRunsOutIsNoFailure() async throws {
        let (_, primary, replica) = try await connections()
        let never = CommitPosition(.mariadb, "0-1-999999999")
        for microseconds in [0, 100, 300, 1000, 5000, 20_000] {
            let deadline = ContinuousClock.now + .microseconds(microseconds)
            #expect(try await !replica.waitUntilReached(never, deadline: deadline))
        }
        #expect(try await replica.value("SELECT 1") == .integer(1))
        await primary.close()
        await replica.close()
    }

    @Test func cancelledWaitEndsAndTheConnectionGoesOn() async throws {
        let (_, primary, replica) = try await connections()
        let waiting = Task {
            try await replica.waitUntilReached(
                CommitPosition(.mariadb, "0-1-999999999"), deadline: .now + .seconds(600))
        }
        let pair = try await Self.starting.value
        try await eventually {
            try await pair.replica.value(
                "SELECT count(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT MASTER_GTID_WAIT%'") == "1"
        }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
        #expect(try await replica.value("SELECT 1") == .integer(1))
        await primary.close()
        await replica.close()
    }

    @Test func statusTellsRolePositionAndLag() async throws {
        let (pair, primary, replica) = try await connections()
        let source = try MariaDBDataSource("mariadb://h/d")
        let position = try await write(primary)
        let first = try await primary.status(deadline: Bed.soon)
        #expect(first.role == .primary && first.lag == .zero)
        #expect(source.isReached(position, by: try #require(first.position)) == true)
        try await pair.waitUntilLevel()
        try await eventually { try await replica.status(deadline: Bed.soon).lag == .zero }
        let second = try await replica.status(deadline: Bed.soon)
        #expect(second.role == .replica)
        #expect(source.isReached(position, by: try #require(second.position)) == true)

        try await pair.delayReplay(by: .seconds(3600))
        let late = try await write(primary)
        try await eventually { try await replica.status(deadline: Bed.soon).lag ?? .zero >= .seconds(1) }
        let behind = try await replica.status(deadline: Bed.soon)
        #expect(source.isReached(late, by: try #require(behind.position)) == false)
        try await pair.delayReplay(by: .zero)
        #expect(try await replica.waitUntilReached(late, deadline: Bed.soon))

        // A replica whose applier stands still does not know how old its state is, but knows that it is a replica.
        try await pair.pauseReplay()
        let stopped = try await replica.status(deadline: Bed.soon)
        #expect(stopped.role == .replica && stopped.lag == nil)
        try await pair.resumeReplay()
        await primary.close()
        await replica.close()
    }

    @Test func userWithoutThePrivilegeSeesNoLag() async throws {
        let pair = try await Self.starting.value
        try await pair.primary.query(
            "CREATE OR REPLACE USER plain@'127.0.0.1' IDENTIFIED BY 'plain'; GRANT SELECT ON tandem.* TO plain@'127.0.0.1'"
        )
        try await pair.waitUntilLevel()
        let source = try MariaDBDataSource("mariadb://plain:plain@\(pair.replica.address)/tandem")
        let replica = try await source.connect(to: .replica, deadline: Bed.soon)
        let status = try await replica.status(deadline: Bed.soon)
        #expect(status.role == .replica && status.lag == nil && status.position != nil)
        await replica.close()
    }
}
