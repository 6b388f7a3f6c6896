import Foundation
import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

/// The same connections to Tandem nodes over the wire, on one pair.
@Suite(.serialized, .enabled(if: TandemPair.program != nil, "the tandem program has not been built"))
struct TandemNodeTests {
    private static let shared = Task { try await TandemPair.start() }

    private func connection(to role: ServerRole = .primary) async throws -> any DataSourceConnection {
        let pair = try await Self.shared.value
        let hosts = "\(pair.replica.address),\(pair.primary.address)"
        return try await PostgresDataSource("postgresql://tandem@\(hosts)/tandem").connect(to: role, deadline: Bed.soon)
    }

    @Test func nodeIsRecognisedWithItsRole() async throws {
        let pair = try await Self.shared.value
        let source = try PostgresDataSource("postgresql://tandem@\(pair.primary.address)/tandem")
        #expect(source.engine == .postgresql)
        let primary = try await source.connect(to: .primary, deadline: Bed.soon)
        #expect(source.engine == .tandem)
        #expect(source.writers == .one)
        #expect(try await primary.status(deadline: nil).role == .primary)
        let replica = try await connection(to: .replica)
        #expect(replica.server == pair.replica.address)
        #expect(try await replica.status(deadline: nil).role == .replica)
        await primary.close()
        await replica.close()
    }

    @Test func whatAPoolsConnectionsBeginWithOutlivesAReset() async throws {
        let pair = try await Self.shared.value
        let pool = ConnectionPool(
            try PostgresDataSource("tandem://tandem@\(pair.primary.address)/tandem"),
            configuration: try PoolConfiguration(maximumSize: 1, initialStatements: ["SET statement_timeout = '77s'"]))
        for _ in 1...3 {
            try await pool.withConnection { connection in
                #expect(!connection.needsReset)
                #expect(try await connection.value("SHOW statement_timeout") == .text("77s"))
                try await connection.run("SET statement_timeout = '55s'")
            }
        }
        await pool.shutdown()
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var type: String
        var value: SQLValue
        var stored: SQLValue
        var testDescription: String { "\(type) \(value.kind)" }

        init(_ type: String, _ value: SQLValue, as stored: SQLValue? = nil) {
            self.type = type
            self.value = value
            self.stored = stored ?? value
        }
    }

    static let moment = Date(timeIntervalSince1970: 1_620_340_953.125)
    static let uuid = UUID(uuid: (0xA0, 0xEE, 0xBC, 0x99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xFF))

    @Test(arguments: [
        Case("BIGINT", .integer(.min)), Case("BOOLEAN", .boolean(true)), Case("BOOLEAN", .boolean(false)),
        Case("DOUBLE PRECISION", .real(0.1)), Case("NUMERIC", .decimal(Decimal(string: "12.5") ?? 0)),
        Case("VARCHAR(20)", .text("grün 🌳")), Case("TEXT", .text("")), Case("BYTEA", .bytes(Data([0, 255, 0x5C]))),
        Case("TIMESTAMP", .timestamp(moment)), Case("TIMESTAMPTZ", .timestamp(moment)), Case("UUID", .uuid(uuid)),
        Case("JSON", .json(#"{"a": 1}"#)), Case("JSONB", .json(#"{"a": 1}"#)), Case("DATE", .text("2021-05-06")),
        Case("TIME", .text("22:42:33")), Case("INTEGER", .text("no number"), as: .text("no number")),
        Case("TEXT", .integer(7), as: .text("7")), Case("INTEGER", .null),
    ]) func valueIsStoredAndComesBack(_ test: Case) async throws {
        let connection = try await connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (id INTEGER PRIMARY KEY, v \(raw: test.type))")
        for _ in 1...4 { try await connection.run("INSERT INTO \(identifier: table) (v) VALUES (\(test.value))") }
        for _ in 1...4 {
            let rows = try await connection.run("SELECT id, v FROM \(identifier: table)").rows
            #expect(rows.map { $0[1] } == Array(repeating: test.stored, count: 4))
        }
        await connection.close()
    }

    @Test func commitTellsAPositionThatTheReplicaReaches() async throws {
        let primary = try await connection()
        let replica = try await connection(to: .replica)
        let table = Bed.table()
        try await primary.run("CREATE TABLE \(identifier: table) (i INTEGER)")
        for number in 1...200 {
            try await primary.begin()
            try await primary.run("INSERT INTO \(identifier: table) VALUES (\(number))")
            let position = try #require(try await primary.commit())
            #expect(position.engine == .tandem)
            #expect(try await replica.waitUntilReached(position, deadline: Bed.soon))
            #expect(try await replica.value("SELECT max(i) FROM \(identifier: table)") == .integer(Int64(number)))
        }
        try await primary.begin()
        try await primary.run("SELECT 1")
        #expect(try await primary.commit() == nil)
        // A stream that is left before its end has been run to it.
        try await primary.begin()
        let cursor = try await primary.openCursor(
            "INSERT INTO \(identifier: table) SELECT i FROM \(identifier: table) RETURNING i", deadline: nil)
        _ = try await cursor.next(1)
        await cursor.close()
        let position = try #require(try await primary.commit())
        #expect(try await replica.waitUntilReached(position, deadline: Bed.soon))
        #expect(try await replica.value("SELECT count(*) FROM \(identifier: table)") == .integer(400))
        await primary.close()
        await replica.close()
    }

    @Test func errorsAreToldByTheSameCodes() async throws {
        let connection = try await connection()
        let table = Bed.table()
        try await connection.run(
            "CREATE TABLE \(identifier: table) (id INTEGER PRIMARY KEY, t TEXT NOT NULL CHECK (t <> ''))")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1, 'x')")
        for (values, code) in [
            ("1, 'x'", DatabaseError.Code.uniqueViolation), ("2, NULL", .notNullViolation), ("2, ''", .checkViolation),
            ("2", .invalidStatement),
        ] {
            let error = try await failure {
                try await connection.run("INSERT INTO \(identifier: table) VALUES (\(raw: values))")
            }
            #expect(error.code == code, "\(error)")
        }
        try await connection.begin()
        _ = try await failure { try await connection.run("SELECT * FROM nowhere") }
        let error = try await failure { _ = try await connection.commit() }
        #expect(error.code == .transactionAborted)
        #expect(connection.isUsable)
        await connection.close()
        let replica = try await self.connection(to: .replica)
        let refused = try await failure { try await replica.run("DELETE FROM \(identifier: table)") }
        #expect(refused.code == .readOnlyTransaction)
        await replica.close()
    }

    /// The node ends the session; that nothing was done is known all the same.
    @Test func aWriteAtTheFormerPrimaryIsReadOnlyAndTheConnectionOfNoUse() async throws {
        let pair = try await TandemPair.start()
        let source = try PostgresDataSource("postgresql://tandem@\(pair.primary.address)/tandem")
        let connection = try await source.connect(to: .primary, deadline: Bed.soon)
        let block = try await source.connect(to: .primary, deadline: Bed.soon)
        try await connection.run("CREATE TABLE t (i INTEGER)")
        try await pair.switchOver(to: pair.replica)
        let refused = try await failure { try await connection.run("INSERT INTO t VALUES (1)") }
        #expect(refused.code == .readOnlyTransaction && refused.sqlState == "25006", "\(refused)")
        #expect(!connection.isUsable)
        try await block.begin()
        let inBlock = try await failure { try await block.run("INSERT INTO t VALUES (2)") }
        #expect(inBlock.code == .readOnlyTransaction && !block.isUsable, "\(inBlock)")
        for one in [connection, block] { await one.close() }
        await pair.stop()
    }

    @Test func statementsAreCancelledAndCursorsClosed() async throws {
        let connection = try await connection(to: .replica)
        let endless: Statement = """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n
            """
        let late = try await failure { _ = try await connection.execute(endless, deadline: .now + .milliseconds(50)) }
        #expect(late.code == .timeout)
        for number in 0..<50 {
            let task = Task { try await connection.run("SELECT \(number)") }
            for _ in 0..<number { await Task.yield() }
            task.cancel()
            _ = try? await task.value
            #expect(try await connection.value("SELECT \(number)") == .integer(Int64(number)))
        }
        let cursor = try await connection.openCursor(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT i FROM n",
            deadline: nil)
        var count = 0
        while let rows = try await cursor.next(1000) { count += rows.count }
        #expect(count == 100_000)
        await cursor.close()
        await connection.close()
    }

    @Test(arguments: ["COMMIT", "ROLLBACK"]) func statementThatEndsTheTransactionIsItsLast(text: String) async throws {
        let connection = try await connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INTEGER)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        let error = try await failure { try await connection.run(Statement(text)) }
        #expect(error.code == .illegalTransactionState && error.sqlState == "25000", "\(error)")
        let next = try await failure { try await connection.run("INSERT INTO \(identifier: table) VALUES (2)") }
        #expect(next.code == .transactionAborted)
        try await connection.rollback()
        #expect(try await connection.value("SELECT max(i) FROM \(identifier: table)") != .integer(2))
        await connection.close()
    }

    @Test func savepointsAndResetWork() async throws {
        let connection = try await connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INTEGER)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        try await connection.setSavepoint("a", deadline: nil)
        try await connection.run("INSERT INTO \(identifier: table) VALUES (2)")
        try await connection.rollback(toSavepoint: "a")
        try await connection.releaseSavepoint("a")
        _ = try await connection.commit()
        #expect(try await connection.value("SELECT group_concat(i) FROM \(identifier: table)") == .text("1"))
        try await connection.run("SET application_name = 'other'")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (3)")
        await connection.reset()
        #expect(connection.isUsable)
        #expect(try await connection.value("SHOW application_name") == .text("tandem"))
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(1))
        #expect(await connection.validate(deadline: Bed.soon))
        await connection.close()
    }
}
