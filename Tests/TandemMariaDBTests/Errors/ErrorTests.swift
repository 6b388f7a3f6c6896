import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

struct ErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var statement: String
        var code: DatabaseError.Code
        var state: String
        var table: String?
        var column: String?
        var constraint: String?

        init(
            _ statement: String, _ code: DatabaseError.Code, _ state: String, table: String? = nil,
            column: String? = nil, constraint: String? = nil
        ) {
            (self.statement, self.code, self.state) = (statement, code, state)
            (self.table, self.column, self.constraint) = (table, column, constraint)
        }

        var testDescription: String { statement }
    }

    static let cases = [
        Case("INSERT INTO error_parent VALUES (1, 'b', 1)", .uniqueViolation, "23505", constraint: "PRIMARY"),
        Case("INSERT INTO error_parent VALUES (2, 'one', 1)", .uniqueViolation, "23505", constraint: "unique_name"),
        Case("INSERT INTO error_parent VALUES (2, NULL, 1)", .notNullViolation, "23502", column: "name"),
        Case("INSERT INTO error_parent (id, small) VALUES (2, 1)", .notNullViolation, "23502", column: "name"),
        Case(
            "INSERT INTO error_child VALUES (1, 77)", .foreignKeyViolation, "23503", table: "error_child",
            column: "parent", constraint: "to_parent"),
        Case(
            "DELETE FROM error_parent", .foreignKeyViolation, "23503", table: "error_child", column: "parent",
            constraint: "to_parent"),
        Case(
            "INSERT INTO error_parent VALUES (3, 'c', 101)", .checkViolation, "23514", table: "error_parent",
            constraint: "not_large"),
        Case("INSERT INTO error_parent VALUES (3, 'c', 1000)", .invalidValue, "22003", column: "small"),
        Case("INSERT INTO error_parent VALUES (3, 'much too long', 1)", .invalidValue, "22001", column: "name"),
        Case(
            "INSERT INTO error_parent VALUES (3, 'c', 'secret')", .invalidValue, "22P02", table: "error_parent",
            column: "small"),
        Case("SELECT CAST('x' AS DATE) + 'x' FROM error_parent WHERE 1 / 0 SELECT", .invalidStatement, "42601"),
        Case("SELEC 1", .invalidStatement, "42601"), Case("", .invalidStatement, "42601"),
        Case("SELECT * FROM no_such_table", .invalidStatement, "42P01", table: "no_such_table"),
        Case("SELECT no_such_column FROM error_parent", .invalidStatement, "42703", column: "no_such_column"),
        Case("SELECT no_such_function()", .invalidStatement, "42883"),
        Case("CREATE TABLE error_parent (id INT)", .invalidStatement, "42P07"),
        Case("SELECT * FROM mysql.global_priv", .invalidStatement, "42501"),
        Case("SELECT (SELECT 1 UNION SELECT 2)", .cardinalityViolation, "21000"),
        Case("INSERT INTO error_parent VALUES (1)", .invalidStatement, "42601"),
    ]

    private static let tables = Task {
        try await Bed.pair.primary.query(
            """
            CREATE TABLE error_parent (id INT PRIMARY KEY, name VARCHAR(5) NOT NULL, small TINYINT,
                CONSTRAINT unique_name UNIQUE (name), CONSTRAINT not_large CHECK (small <= 100));
            CREATE TABLE error_child (id INT PRIMARY KEY, parent INT,
                CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES error_parent (id));
            INSERT INTO error_parent VALUES (1, 'one', 1);
            INSERT INTO error_child VALUES (0, 1)
            """)
    }

    @Test(arguments: cases)
    func failureIsToldInTheWordsOfAllEngines(_ expected: Case) async throws {
        _ = try await Self.tables.value
        let connection = try await Bed.connection()
        let error = try await failure { try await connection.run(Statement(expected.statement)) }
        #expect(error.code == expected.code, "\(error)")
        #expect(error.sqlState == expected.state, "\(error)")
        #expect(error.table == expected.table, "\(error)")
        #expect(error.column == expected.column, "\(error)")
        #expect(error.constraint == expected.constraint, "\(error)")
        #expect(!error.message.contains("secret"), "values are not shown")
        #expect(error.message.contains("MariaDB error"))
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    @Test func valuesAreNotShown() async throws {
        _ = try await Self.tables.value
        let connection = try await Bed.connection()
        let unique = try await failure { try await connection.run("INSERT INTO error_parent VALUES (9, \("one"), 1)") }
        #expect(unique.message == "Duplicate entry for key 'unique_name' (MariaDB error 1062)")
        let value = try await failure {
            try await connection.run("INSERT INTO error_parent VALUES (9, 'x', \("my secret"))")
        }
        #expect(!value.message.contains("my secret"))
        await connection.close()
    }

    @Test func writeWhereOnlyReadingIsAllowedIs25006() async throws {
        _ = try await Self.tables.value
        let replica = try await Bed.connection(to: .replica)
        let server = try await failure { try await replica.run("INSERT INTO error_parent VALUES (50, 'x', 1)") }
        #expect(server.code == .readOnlyTransaction && server.sqlState == "25006")
        #expect(server.message.contains("1290"))
        await replica.close()
        let primary = try await Bed.connection()
        try await primary.begin(isReadOnly: true)
        let transaction = try await failure { try await primary.run("INSERT INTO error_parent VALUES (50, 'x', 1)") }
        #expect(transaction.code == .readOnlyTransaction && transaction.sqlState == "25006")
        try await primary.rollback()
        // MariaDB itself would commit and create it.
        try await primary.begin(isReadOnly: true)
        let definition = try await failure { try await primary.run("CREATE TABLE error_never (i INT)") }
        #expect(definition.code == .readOnlyTransaction && definition.sqlState == "25006")
        try await primary.rollback()
        #expect(try await primary.run("SHOW TABLES LIKE 'error_never'").rows.isEmpty)
        await primary.close()
    }

    @Test func lockThatIsNotToBeHadIsLockTimeoutAndASavepointIsKept() async throws {
        let (first, second) = (try await Bed.connection(), try await Bed.connection())
        let table = Bed.table()
        try await first.run("CREATE TABLE \(identifier: table) (id INT PRIMARY KEY, v INT)")
        try await first.run("INSERT INTO \(identifier: table) VALUES (1, 0), (2, 0)")
        try await second.run("SET innodb_lock_wait_timeout = 1")
        try await first.begin()
        try await second.begin()
        try await first.run("UPDATE \(identifier: table) SET v = 1 WHERE id = 1")
        try await second.run("UPDATE \(identifier: table) SET v = 2 WHERE id = 2")
        try await second.setSavepoint("before", deadline: Bed.soon)
        let error = try await failure { try await second.run("UPDATE \(identifier: table) SET v = 2 WHERE id = 1") }
        #expect(error.code == .lockTimeout && error.sqlState == "55P03")
        try await second.rollback(toSavepoint: "before")
        _ = try await second.commit()
        try await first.rollback()
        #expect(try await first.value("SELECT v FROM \(identifier: table) WHERE id = 2") == .integer(2))
        await first.close()
        await second.close()
    }

    @Test func deadlockAbortsTheWholeTransaction() async throws {
        let (first, second) = (try await Bed.connection(), try await Bed.connection())
        let table = Bed.table()
        try await first.run("CREATE TABLE \(identifier: table) (id INT PRIMARY KEY, v INT)")
        try await first.run("INSERT INTO \(identifier: table) VALUES (1, 0), (2, 0), (3, 0), (4, 0)")
        try await first.begin()
        try await second.begin()
        try await first.run("UPDATE \(identifier: table) SET v = 1 WHERE id = 1")
        try await second.run("UPDATE \(identifier: table) SET v = 2 WHERE id > 1")
        // Whichever of the two the server picks, it says so.
        async let waiting = first.run("UPDATE \(identifier: table) SET v = 1 WHERE id = 2")
        var failures: [(any DataSourceConnection, DatabaseError)] = []
        do { try await second.run("UPDATE \(identifier: table) SET v = 2 WHERE id = 1") } catch let error
            as DatabaseError
        {
            failures.append((second, error))
        }
        if failures.isEmpty {
            do { _ = try await waiting } catch let error as DatabaseError { failures.append((first, error)) }
        } else {
            _ = try await waiting
        }
        let (victim, error) = try #require(failures.first)
        #expect(failures.count == 1 && error.code == .deadlock && error.sqlState == "40P01" && error.isRetriable)
        let next = try await failure { try await victim.run("UPDATE \(identifier: table) SET v = 9 WHERE id = 4") }
        #expect(next.code == .transactionAborted)
        let commit = try await failure { _ = try await victim.commit() }
        #expect(commit.code == .transactionAborted)
        try await (victim === first ? second : first).rollback()
        #expect(try await victim.value("SELECT SUM(v) FROM \(identifier: table)") == .decimal(0))
        await first.close()
        await second.close()
    }

    @Test func serverThatRefusesConnectionsIsToldFromWrongPasswords() async throws {
        let pair = try await Bed.pair
        let address = pair.primary.address
        let cases: [(String, DatabaseError.Code, String)] = [
            ("mariadb://tandem:wrong@\(address)/tandem", .accessDenied, "28P01"),
            ("mariadb://nobody@\(address)/tandem", .accessDenied, "28P01"),
            ("mariadb://tandem:tandem@\(address)/mysql", .accessDenied, "28000"),
            ("mariadb://tandem:tandem@127.0.0.1:\(try FreePort.next())/tandem", .connectionLost, "08001"),
        ]
        for (url, code, state) in cases {
            let error = try await failure {
                _ = try await MariaDBDataSource(url).connect(to: nil, deadline: Bed.soon)
            }
            #expect(error.code == code && error.sqlState == state, "\(error)")
            #expect(!"\(error)".contains("wrong"))
        }
        try await pair.primary.query(
            "CREATE USER limited@'127.0.0.1' IDENTIFIED BY 'limited' WITH MAX_USER_CONNECTIONS 1; "
                + "GRANT SELECT ON tandem.* TO limited@'127.0.0.1'")
        let source = try MariaDBDataSource("mariadb://limited:limited@\(address)/tandem")
        let first = try await source.connect(to: nil, deadline: Bed.soon)
        let full = try await failure { _ = try await source.connect(to: nil, deadline: Bed.soon) }
        #expect(full.code == .serverUnavailable && full.sqlState == "53300")
        await first.close()
    }
}
