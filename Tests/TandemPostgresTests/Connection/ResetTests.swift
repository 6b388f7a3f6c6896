import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct ResetTests {
    /// What leaves a trace, and what shows it.
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        var question: String
        var testDescription: String { sql }

        init(_ sql: String, _ question: String) {
            self.sql = sql
            self.question = question
        }
    }

    @Test(arguments: [
        Case("SET work_mem = '77MB'", "SELECT current_setting('work_mem') = '77MB'"),
        Case("set work_mem = '77MB'", "SELECT current_setting('work_mem') = '77MB'"),
        Case("SELECT set_config('work_mem', '77MB', false)", "SELECT current_setting('work_mem') = '77MB'"),
        Case("SELECT Set_Config('work_mem', '77MB', false)", "SELECT current_setting('work_mem') = '77MB'"),
        Case("CREATE TEMP TABLE leftover (i int)", "SELECT to_regclass('pg_temp.leftover') IS NOT NULL"),
        Case("CREATE TABLE pg_temp.leftover (i int)", "SELECT to_regclass('pg_temp.leftover') IS NOT NULL"),
        Case("SELECT 1 INTO TEMP leftover", "SELECT to_regclass('pg_temp.leftover') IS NOT NULL"),
        Case(
            "SELECT pg_advisory_lock(hashtext('reset'))",
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"),
        Case("LISTEN news", "SELECT EXISTS (SELECT FROM pg_listening_channels())"),
        Case("PREPARE own AS SELECT 1", "SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'own')"),
        Case("SET DateStyle = 'German'", "SELECT current_setting('DateStyle') LIKE 'German%'"),
    ]) func nothingIsLeftForTheNextUser(_ test: Case) async throws {
        let connection = try await Bed.connection()
        for _ in 1...3 {
            try await connection.run(Statement(test.sql))
            #expect(try await connection.value(Statement(test.question)) == .boolean(true))
            await connection.reset()
            #expect(connection.isUsable)
            #expect(try await connection.value(Statement(test.question)) == .boolean(false))
        }
        await connection.close()
    }

    /// What the first word does not tell, only the connection knows.
    @Test(arguments: [
        Case("SELECT set_config('work_mem', '77MB', false)", "SELECT current_setting('work_mem') = '77MB'"),
        Case(
            "SELECT pg_advisory_lock(hashtext('returned'))",
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())"),
    ]) func whatAQueryLeavesIsGoneForTheNextTransactionOfThePool(_ test: Case) async throws {
        let database = Database(
            primary: try PostgresDataSource(try await Bed.pair.primary.url),
            configuration: .init(pool: try PoolConfiguration(maximumSize: 1)))
        let (statement, question) = (Statement(test.sql), Statement(test.question))
        try await database.transaction { _ = try await database.query(statement) }
        let isLeft = try await database.transaction { try await database.query(question, as: Bool.self) }
        #expect(isLeft == [false])
        await database.shutdown()
    }

    @Test func everyConnectionIsResetWhereThatIsAskedFor() async throws {
        var options = PostgresOptions()
        options.alwaysResets = true
        let name = Bed.table()
        let database = Database(
            primary: try PostgresDataSource(try await Bed.pair.primary.url, options: options),
            configuration: .init(pool: try PoolConfiguration(maximumSize: 1)))
        try await database.execute(
            """
            CREATE FUNCTION \(identifier: name)() RETURNS void LANGUAGE sql
            AS \(raw: "$$ SELECT set_config('work_mem', '77MB', false) $$")
            """)
        _ = try await database.query("SELECT \(identifier: name)()")
        #expect(try await database.query("SELECT current_setting('work_mem') = '77MB'", as: Bool.self) == [false])
        await database.shutdown()
    }

    @Test func whatAPoolsConnectionsBeginWithIsNoTraceAndOutlivesAReset() async throws {
        let name = "initial"
        let pool = ConnectionPool(
            try PostgresDataSource(try await Bed.pair.primary.url),
            configuration: try PoolConfiguration(
                maximumSize: 1,
                initialStatements: [
                    "SET work_mem = '77MB'", "SELECT set_config('application_name', \(name), false)",
                ]))
        var processes: Set<SQLValue?> = []
        for _ in 1...3 {
            try await pool.withConnection { connection in
                #expect(!connection.needsReset)
                #expect(try await connection.value("SELECT current_setting('work_mem')") == .text("77MB"))
                #expect(try await connection.value("SELECT current_setting('application_name')") == .text(name))
                processes.insert(try await connection.value("SELECT pg_backend_pid()"))
                try await connection.run("SET work_mem = '55MB'")
                #expect(connection.needsReset)
            }
        }
        #expect(processes.count == 1)
        await pool.shutdown()
    }

    @Test(arguments: ["SELECT 1", "SET LOCAL work_mem = '77MB'", "SET TRANSACTION READ ONLY"])
    func cleanSessionIsNotReset(_ sql: String) async throws {
        let connection = try await Bed.connection()
        try await connection.run("SELECT 'kept'")
        try await connection.run("SELECT 'kept'")
        try await connection.begin()
        try await connection.run(Statement(sql))
        await connection.reset()
        // DISCARD ALL would have taken the prepared statement with it.
        let kept = try await connection.value(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT ''kept'''")
        #expect(kept == .integer(1))
        #expect(try await connection.value("SELECT current_setting('transaction_read_only')") == .text("off"))
        await connection.close()
    }

    @Test func openTransactionIsRolledBack() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.begin()
        try await connection.run("CREATE TABLE \(identifier: table) (i int)")
        await connection.reset()
        #expect(try await connection.value("SELECT to_regclass(\(table)::text) IS NULL") == .boolean(true))
        await connection.close()
    }

    @Test func settingsOnAReplicaAreReset() async throws {
        let connection = try await Bed.connection(to: .replica)
        try await connection.run("SET work_mem = '77MB'")
        await connection.reset()
        #expect(connection.isUsable)
        #expect(try await connection.value("SELECT current_setting('work_mem') = '77MB'") == .boolean(false))
        await connection.close()
    }

    @Test func connectionThatWasClosedByTheServerIsNotUsableAfterwards() async throws {
        let connection = try await Bed.connection()
        let process = try await connection.value("SELECT pg_backend_pid()")
        try await Bed.pair.primary.query(
            "SELECT pg_terminate_backend(\(Int64(sqlValue: process ?? .null) ?? 0), 10000)")
        #expect(await connection.validate(deadline: Bed.soon) == false)
        #expect(!connection.isUsable)
        let error = try await failure { try await connection.run("SELECT 1") }
        #expect(error.code == .connectionLost)
        await connection.reset()
        await connection.close()
    }
}
