import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

struct ResetTests {
    /// What a statement leaves behind, and what tells whether it is still there.
    static let traces: [(Statement, Statement, SQLValue)] = [
        ("SET @mine = 5", "SELECT @mine IS NULL", .integer(1)),
        ("SELECT @mine := 5", "SELECT @mine IS NULL", .integer(1)),
        ("SET sql_mode = ''", "SELECT @@sql_mode LIKE '%STRICT%'", .integer(1)),
        ("SET time_zone = '+05:00'", "SELECT @@time_zone", .text("+00:00")),
        ("CREATE TEMPORARY TABLE reset_mine (i INT)", "SELECT GET_LOCK('reset_other', 0)", .integer(1)),
        ("USE information_schema", "SELECT DATABASE()", .text("tandem")),
        ("SELECT GET_LOCK('reset_mine', 0)", "SELECT IS_FREE_LOCK('reset_mine')", .integer(1)),
    ]

    @Test(arguments: traces)
    func nothingIsLeftForTheNextUser(trace: Statement, question: Statement, answer: SQLValue) async throws {
        let connection = try await Bed.connection()
        try await connection.run(trace)
        await connection.reset()
        #expect(connection.isUsable)
        #expect(try await connection.value(question) == answer)
        let temporary = try await failure { try await connection.run("SELECT * FROM reset_mine") }
        #expect(temporary.sqlState == "42P01")
        await connection.close()
    }

    @Test func connectionThatWasInNoDatabaseIsClosedWhereItIsLeftInOne() async throws {
        let url = "mariadb://tandem:tandem@\(try await Bed.pair.primary.address)"
        for (statement, isKept) in [("SET @a = 1", true), ("USE tandem", false)] {
            let connection = try await MariaDBDataSource(url).connect(to: nil, deadline: Bed.soon)
            try await connection.run(Statement(statement))
            await connection.reset()
            #expect(connection.isUsable == isKept)
            await connection.close()
        }
    }

    /// What the first word does not tell, only the connection knows.
    @Test func whatAQueryLeavesIsGoneForTheNextTransactionOfThePool() async throws {
        let database = Database(
            primary: try MariaDBDataSource(try await Bed.pair.primary.url),
            configuration: .init(pool: try PoolConfiguration(maximumSize: 1)))
        try await database.transaction {
            _ = try await database.query("SELECT GET_LOCK('returned', 0), @returned := 5")
        }
        let isLeft = try await database.transaction {
            try await database.query("SELECT IS_FREE_LOCK('returned') = 0, @returned = 5", as: (Int, Int?).self)
        }
        #expect(isLeft.first?.0 == 0 && isLeft.first?.1 == nil)
        await database.shutdown()
    }

    @Test func whatAPoolsConnectionsBeginWithIsNoTraceAndOutlivesAReset() async throws {
        let greeting = "hello"
        let pool = ConnectionPool(
            try MariaDBDataSource(try await Bed.pair.primary.url),
            configuration: try PoolConfiguration(
                maximumSize: 1, initialStatements: ["SET lock_wait_timeout = 77", "SET @greeting = \(greeting)"]))
        var connections: Set<SQLValue?> = []
        for _ in 1...3 {
            try await pool.withConnection { connection in
                #expect(!connection.needsReset)
                #expect(try await connection.value("SELECT @@lock_wait_timeout") == .integer(77))
                #expect(try await connection.value("SELECT @greeting = 'hello'") == .integer(1))
                connections.insert(try await connection.value("SELECT CONNECTION_ID()"))
                // The end of a transaction that has failed is no end of what it began with.
                try await connection.begin()
                _ = try await failure { try await connection.run("SELECT * FROM reset_none") }
                #expect(connection.needsReset)
            }
        }
        #expect(connections.count == 1)
        await pool.shutdown()
    }

    @Test func openTransactionIsRolledBackAndStatementsStayPrepared() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INT)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        let prepared = try await connection.statementsPrepared()
        await connection.reset()
        try await connection.begin()
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(0))
        _ = try await connection.commit()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        // One for the SELECT, and none for the INSERT, which was kept.
        #expect(try await connection.statementsPrepared() == prepared + 1)
        await connection.reset()
        await connection.close()
    }

    @Test func closedConnectionSaysSo() async throws {
        let connection = try await Bed.connection()
        #expect(await connection.validate(deadline: Bed.soon))
        await connection.close()
        #expect(!connection.isUsable)
        #expect(await !connection.validate(deadline: Bed.soon))
        let error = try await failure { try await connection.run("SELECT 1") }
        #expect(error.code == .connectionLost)
    }
}
