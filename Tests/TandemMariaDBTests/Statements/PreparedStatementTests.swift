import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

struct PreparedStatementTests {
    @Test func statementsArePreparedOnceAndTheLeastUsedLeave() async throws {
        var options = MariaDBOptions()
        options.statementCacheSize = 2
        let connection = try await Bed.connection(options: options)
        for _ in 0..<10 { #expect(try await connection.value("SELECT 1") == .integer(1)) }
        let before = try await connection.statementsPrepared()
        #expect(try await connection.value("SELECT 1") == .integer(1))
        #expect(try await connection.statementsPrepared() == before)
        for number in 2..<10 {
            #expect(try await connection.value("SELECT \(raw: "\(number)")") == .integer(Int64(number)))
        }
        #expect(try await connection.statementsPrepared() == before + 8)
        #expect(try await connection.value("SELECT 1") == .integer(1))
        #expect(try await connection.statementsPrepared() == before + 9)
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
}

extension DataSourceConnection {
    /// How many statements this connection has had prepared. The question is not counted: it is not kept, so that it
    /// counts itself each time.
    func statementsPrepared() async throws -> Int {
        let rows = try await run("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").rows
        let questions = try await run("SHOW SESSION STATUS LIKE 'Com_show_status'").rows
        return (Int(sqlValue: rows[0][1]) ?? 0) - (Int(sqlValue: questions[0][1]) ?? 0)
    }
}
