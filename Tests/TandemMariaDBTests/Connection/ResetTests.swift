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

    @Test func openTransactionIsRolledBackAndStatementsStayPrepared() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INT)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        let prepared = try await statementsPrepared(connection)
        await connection.reset()
        try await connection.begin()
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(0))
        _ = try await connection.commit()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        // One for the SELECT, and none for the INSERT, which was kept.
        #expect(try await statementsPrepared(connection) == prepared + 1)
        await connection.reset()
        await connection.close()
    }

    @Test func statementsArePreparedOnceAndTheLeastUsedLeave() async throws {
        var options = MariaDBOptions()
        options.statementCacheSize = 2
        let connection = try await Bed.connection(options: options)
        for _ in 0..<10 { #expect(try await connection.value("SELECT 1") == .integer(1)) }
        let before = try await statementsPrepared(connection)
        #expect(try await connection.value("SELECT 1") == .integer(1))
        #expect(try await statementsPrepared(connection) == before)
        for number in 2..<10 {
            #expect(try await connection.value("SELECT \(raw: "\(number)")") == .integer(Int64(number)))
        }
        #expect(try await statementsPrepared(connection) == before + 8)
        #expect(try await connection.value("SELECT 1") == .integer(1))
        #expect(try await statementsPrepared(connection) == before + 9)
        await connection.close()
    }

    @Test func changedTableDoesNotBreakPreparedQueries() async throws {
        let (connection, other) = (try await Bed.connection(), try await Bed.connection())
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (a INT)")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        let query: Statement = "SELECT * FROM \(identifier: table)"
        #expect(try await connection.run(query).rows.map(\.values) == [[.integer(1)]])
        try await other.run("ALTER TABLE \(identifier: table) ADD COLUMN b VARCHAR(5) DEFAULT 'x'")
        let wider = try await connection.run(query).rows
        #expect(wider.map(\.values) == [[.integer(1), .text("x")]] && wider[0].columns.names == ["a", "b"])
        try await other.run("ALTER TABLE \(identifier: table) DROP COLUMN b, CHANGE a c VARCHAR(9)")
        let renamed = try await connection.run(query).rows
        #expect(renamed.map(\.values) == [[.text("1")]] && renamed[0].columns.names == ["c"])
        // The number of columns stays, and the library would keep what it knows of them.
        try await other.run("ALTER TABLE \(identifier: table) CHANGE c e INT")
        let again = try await connection.run(query).rows
        #expect(again.map(\.values) == [[.integer(1)]] && again[0].columns.names == ["e"])
        await connection.close()
        await other.close()
    }

    /// The library refuses an answer with other columns once it is there: a function of the query's has run by then.
    @Test func queryWhoseFunctionMayWriteIsNotRunTwiceWhenATableHasChanged() async throws {
        let connection = try await Bed.connection()
        let (table, log, function) = (Bed.table(), Bed.table(), Bed.table())
        try await connection.run("CREATE TABLE \(identifier: table) (a INT)")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        try await connection.run("CREATE TABLE \(identifier: log) (i INT)")
        try await Bed.pair.primary.query(
            """
            CREATE FUNCTION \(function) (a INT) RETURNS INT DETERMINISTIC MODIFIES SQL DATA
            BEGIN INSERT INTO \(log) VALUES (a); RETURN a; END
            """)
        let query: Statement = "SELECT t.*, \(raw: function)(a) FROM \(identifier: table) t"
        for _ in 1...2 { try await connection.run(query) }
        try await connection.run("ALTER TABLE \(identifier: table) ADD COLUMN b INT")
        let error = try await failure { try await connection.run(query) }
        #expect(error.code == .invalidStatement && error.sqlState == "0A000", "\(error)")
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: log)") == .integer(3))
        #expect(try await connection.run(query).rows.first?.values.count == 3)
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

    /// How many statements this connection has had prepared. The question is not counted: it is not kept, so that it
    /// counts itself each time.
    private func statementsPrepared(_ connection: any DataSourceConnection) async throws -> Int {
        let rows = try await connection.run("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").rows
        let questions = try await connection.run("SHOW SESSION STATUS LIKE 'Com_show_status'").rows
        return (Int(sqlValue: rows[0][1]) ?? 0) - (Int(sqlValue: questions[0][1]) ?? 0)
    }
}
