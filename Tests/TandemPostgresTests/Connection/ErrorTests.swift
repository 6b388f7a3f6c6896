import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct ErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        var code: DatabaseError.Code
        var sqlState: String
        var testDescription: String { sql }

        init(_ sql: String, _ code: DatabaseError.Code, _ sqlState: String) {
            self.sql = sql
            self.code = code
            self.sqlState = sqlState
        }
    }

    @Test(arguments: [
        Case("SELEC 1", .invalidStatement, "42601"), Case("SELECT * FROM nowhere", .invalidStatement, "42P01"),
        Case("SELECT 1; SELECT 2", .invalidStatement, "42601"), Case("SELECT 1 / 0", .invalidValue, "22012"),
        Case("COPY (SELECT 1) TO STDOUT", .invalidStatement, "0A000"),
        Case("INSERT INTO errors VALUES (NULL, 1, 'x')", .notNullViolation, "23502"),
        Case("INSERT INTO errors VALUES (1, 1, 'x'), (1, 1, 'x')", .uniqueViolation, "23505"),
        Case("INSERT INTO errors VALUES (2, 99, 'x')", .foreignKeyViolation, "23503"),
        Case("INSERT INTO errors VALUES (2, 1, '')", .checkViolation, "23514"),
        Case("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$", .serializationFailure, "40001"),
        Case("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$", .deadlock, "40P01"),
        Case("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '55P03'; END $$", .lockTimeout, "55P03"),
    ]) func serverErrorIsToldByItsCode(_ test: Case) async throws {
        let connection = try await Bed.connection()
        try await connection.begin()
        try await connection.run("CREATE TABLE errors_parent (id int PRIMARY KEY)")
        try await connection.run("INSERT INTO errors_parent VALUES (1)")
        try await connection.run(
            """
            CREATE TABLE errors (id int NOT NULL CONSTRAINT errors_id UNIQUE,
              parent int CONSTRAINT errors_parent_of REFERENCES errors_parent,
              title text CONSTRAINT errors_title CHECK (title <> ''))
            """)
        let error = try await failure { try await connection.run(Statement(test.sql)) }
        #expect(error.code == test.code, "\(error)")
        #expect(error.sqlState == test.sqlState)
        #expect(error.server == connection.server)
        if error.code != .invalidStatement || test.sqlState != "0A000" {
            #expect(connection.isUsable)
            #expect(error.statement == test.sql)
            try await connection.rollback()
            #expect(try await connection.value("SELECT 1") == .integer(1))
        } else {
            #expect(!connection.isUsable)
        }
        if test.sqlState.hasPrefix("23") {
            #expect(error.table == "errors")
            #expect(error.constraint != nil || error.column == "id")
        }
        if test.sqlState == "42P01" { #expect(error.statementOffset == 15) }
        await connection.close()
    }

    @Test(
        arguments: [
            ("SELECT \("4711 secret")::int", "invalid input syntax for type integer: (not shown)"),
            ("SELECT \("99999994711")::int", "value (not shown) is out of range for type integer"),
            ("SELECT \("4711\"4711")::int", "invalid input syntax for type integer: (not shown)"),
            ("SELECT \("2021-13-4711")::date", nil),
        ] as [(Statement, String?)]) func parameterIsNeverPartOfAnError(statement: Statement, message: String?)
        async throws
    {
        let connection = try await Bed.connection()
        let error = try await failure { try await connection.run(statement) }
        #expect(error.code == .invalidValue)
        #expect(!"\(error)".contains("4711"), "\(error)")
        if let message { #expect(error.message == message) }
        await connection.close()
    }

    @Test func writeInAReadOnlyTransactionFailsAndLeavesTheConnectionTrusted() async throws {
        let connection = try await Bed.connection()
        try await connection.begin(isReadOnly: true)
        let error = try await failure { try await connection.run("CREATE TABLE never (i int)") }
        #expect(error.code == .readOnlyTransaction)
        try await connection.rollback()
        #expect(connection.isUsable)
        await connection.close()
    }

    /// Whether a transaction that ran only queries has written is asked together with COMMIT. Where that fails there is no
    /// COMMIT either.
    @Test func connectionIsCleanAfterTheQuestionBeforeItsCommitFailed() async throws {
        let connection = try await Bed.connection()
        let schema = Bed.table()
        try await connection.run("CREATE SCHEMA \(identifier: schema)")
        try await connection.run(
            """
            CREATE FUNCTION \(identifier: schema).txid_current_if_assigned() RETURNS bigint LANGUAGE plpgsql
            AS \(raw: "$$ BEGIN RAISE 'not now'; END $$")
            """)
        try await connection.begin()
        try await connection.run("SELECT set_config('search_path', \(schema + ", pg_catalog"), true)")
        let error = try await failure { _ = try await connection.commit() }
        #expect(error.message == "not now")
        #expect(connection.isUsable)
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    @Test func commitOfAFailedTransactionIsReportedAsRolledBack() async throws {
        let connection = try await Bed.connection()
        try await connection.begin()
        try await connection.run("SELECT 1")
        _ = try await failure { try await connection.run("SELECT 1 / 0") }
        let next = try await failure { try await connection.run("SELECT 1") }
        #expect(next.code == .transactionAborted)
        let error = try await failure { _ = try await connection.commit() }
        #expect(error.code == .transactionAborted)
        #expect(connection.isUsable)
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    @Test func deferredConstraintFailsTheCommit() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1), (1)")
        let error = try await failure { _ = try await connection.commit() }
        #expect(error.code == .uniqueViolation)
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(0))
        await connection.close()
    }
}
