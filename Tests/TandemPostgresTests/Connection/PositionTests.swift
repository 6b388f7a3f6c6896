import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

/// With a pair of its own, whose replay it pauses.
@Suite(.serialized) struct PositionTests {
    @Test func replicaIsWaitedForUntilItShowsTheCommit() async throws {
        let pair = try await PostgresPair.start()
        let primary = try await PostgresDataSource(pair.primary.url).connect(to: .primary, deadline: Bed.soon)
        let source = try PostgresDataSource(pair.replica.url)
        let replica = try await source.connect(to: .replica, deadline: Bed.soon)
        try await primary.run("CREATE TABLE t (i int)")
        for number in 1...50 {
            try await primary.begin()
            try await primary.run("INSERT INTO t VALUES (\(number))")
            let position = try #require(try await primary.commit())
            #expect(position.engine == .postgresql)
            #expect(try await replica.waitUntilReached(position, deadline: Bed.soon))
            #expect(try await replica.value("SELECT max(i) FROM t") == .integer(Int64(number)))
        }

        // With a setting that ends with the transaction: COMMIT does not wait until it is flushed.
        try await primary.begin()
        try await primary.run("SET LOCAL synchronous_commit = off")
        try await primary.run("INSERT INTO t VALUES (51)")
        let unflushed = try #require(try await primary.commit())
        #expect(try await replica.waitUntilReached(unflushed, deadline: Bed.soon))
        #expect(try await replica.value("SELECT max(i) FROM t") == .integer(51))

        try await pair.pauseReplay()
        try await primary.begin()
        try await primary.run("INSERT INTO t VALUES (1000)")
        let position = try #require(try await primary.commit())
        #expect(try await replica.waitUntilReached(position, deadline: .now + .milliseconds(100)) == false)
        let behind = try await replica.status(deadline: nil)
        #expect(source.isReached(position, by: try #require(behind.position)) == false)
        // The standby has received what it does not replay: now, or soon.
        try await eventually { try await replica.status(deadline: nil).lag.map { $0 > .zero } ?? false }
        try await pair.resumeReplay()
        #expect(try await replica.waitUntilReached(position, deadline: Bed.soon))
        let level = try await replica.status(deadline: nil)
        #expect(source.isReached(position, by: try #require(level.position)) == true)
        await primary.close()
        await replica.close()
        await pair.stop()
    }

    @Test func lagOfAnIdleStandbyIsZeroAndOfADisconnectedOneGrows() async throws {
        let pair = try await PostgresPair.start()
        let replica = try await PostgresDataSource(pair.replica.url).connect(to: .replica, deadline: Bed.soon)
        try await pair.primary.query("CREATE TABLE t (i int)")
        try await pair.waitUntilLevel()
        try await eventually { try await replica.status(deadline: nil).lag == .zero }
        let status = try await replica.status(deadline: nil)
        #expect(status.role == .replica)
        try await pair.primary.stop()
        try await eventually { try await replica.status(deadline: nil).lag.map { $0 > .zero } ?? false }
        await replica.close()
        await pair.stop()
    }

    @Test func onlyCommitsThatWroteTellAPosition() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i serial)")
        #expect(try await position(of: "SELECT 1", connection) == nil)
        #expect(try await position(of: "INSERT INTO \(identifier: table) DEFAULT VALUES", connection) != nil)
        // A query whose function writes.
        let query: Statement = "WITH x AS (INSERT INTO \(identifier: table) DEFAULT VALUES RETURNING 1) SELECT * FROM x"
        #expect(try await position(of: query, connection) != nil)
        try await connection.begin()
        #expect(try await connection.commit() == nil, "a transaction without a statement touches no server")
        var options = PostgresOptions()
        options.reportsPositions = false
        let quiet = try await Bed.connection(options: options)
        #expect(try await position(of: "INSERT INTO \(identifier: table) DEFAULT VALUES", quiet) == nil)
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(3))
        await connection.close()
        await quiet.close()
    }

    @Test func aStatementAloneTellsWhetherItHasWritten() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        let function = table + "_f"
        try await connection.run("CREATE TABLE \(identifier: table) (i int)")
        try await connection.run(
            """
            CREATE FUNCTION \(identifier: function)(i int) RETURNS int LANGUAGE sql
            AS 'INSERT INTO \(raw: table) VALUES (i) RETURNING i'
            """)
        // At first it is not kept prepared, then it is.
        for number in 1...4 {
            let (result, commit) = try await connection.executeAlone(
                "SELECT \(identifier: function)(\(number))", deadline: nil)
            #expect(result.rows.first?[0] == .integer(Int64(number)) && commit == .untold)
            let (counted, read) = try await connection.executeAlone(
                "SELECT count(*) FROM \(identifier: table)", deadline: nil)
            #expect(counted.rows.first?[0] == .integer(Int64(number)) && read == .nothing)
        }
        #expect(try await connection.executeAlone("DELETE FROM \(identifier: table)", deadline: nil).1 == .untold)
        _ = try await failure { _ = try await connection.executeAlone("SELECT 1 / (1 - 1)", deadline: nil) }
        #expect(try await connection.executeAlone("SELECT (1)", deadline: nil).1 == .nothing)
        await connection.close()
    }

    @Test func aStreamOfAWriteThatIsLeftTellsItsPosition() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i int)")
        try await connection.begin()
        let cursor = try await connection.openCursor(
            "INSERT INTO \(identifier: table) SELECT generate_series(1, 1000) RETURNING i", deadline: nil)
        _ = try await cursor.next(1)
        await cursor.close()
        #expect(try await connection.commit() != nil)
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(1000))
        await connection.close()
    }

    private func position(
        of statement: Statement, _ connection: any DataSourceConnection
    ) async throws -> CommitPosition? {
        try await connection.begin()
        try await connection.run(statement)
        return try await connection.commit()
    }

    @Test func aWaitThatRunsOutIsNoFailure() async throws {
        let connection = try await Bed.connection()
        let never = CommitPosition(.postgresql, "FFFFFFFF/0")
        for microseconds in [0, 100, 300, 1000, 5000] {
            let deadline = ContinuousClock.now + .microseconds(microseconds)
            #expect(try await !connection.waitUntilReached(never, deadline: deadline))
        }
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }
}
