import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// Statements that fail, while the transaction around them goes on.
@Suite struct FailureTests {
    static let schema = """
        CREATE TABLE a(id INTEGER PRIMARY KEY, u UNIQUE, n CHECK (n < 100), m NOT NULL DEFAULT 0);
        CREATE TABLE w(k PRIMARY KEY, v UNIQUE) WITHOUT ROWID; CREATE TABLE log(m);
        CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p);
        CREATE TRIGGER big AFTER INSERT ON a WHEN new.n = 13 BEGIN INSERT INTO log VALUES ('before'); SELECT RAISE(ABORT, 'unlucky'); END;
        CREATE TRIGGER fail AFTER INSERT ON a WHEN new.n = 14 BEGIN INSERT INTO log VALUES ('fail'); SELECT RAISE(FAIL, 'stop here'); END;
        CREATE TRIGGER ignore BEFORE INSERT ON a WHEN new.n = 15 BEGIN INSERT INTO log VALUES ('ignored'); SELECT RAISE(IGNORE); END;
        CREATE VIEW v AS SELECT u, n FROM a;
        CREATE TRIGGER iv INSTEAD OF INSERT ON v BEGIN INSERT INTO log VALUES (new.u); INSERT INTO a(u, n) VALUES (new.u, new.n); END;
        INSERT INTO a VALUES (1, 1, 1, 1), (2, 2, 2, 2), (3, 3, 3, 3); INSERT INTO w VALUES (1, 1), (2, 2); INSERT INTO p VALUES (1);
        INSERT INTO c VALUES (1);
        """

    @Test(arguments: [
        "INSERT INTO a(u, n) VALUES (10, 1), (11, 1), (1, 1)",
        "INSERT OR IGNORE INTO a(u, n) VALUES (10, 1), (1, 1), (11, 1)",
        "INSERT OR FAIL INTO a(u, n) VALUES (10, 1), (11, 1), (1, 1), (12, 1)",
        "INSERT OR ABORT INTO a(u, n) VALUES (10, 1), (11, 1), (1, 1)",
        "INSERT OR REPLACE INTO a(u, n) VALUES (10, 1), (11, 1), (1, 1), (1, 200)",
        "UPDATE a SET u = 3 WHERE u < 3", "UPDATE OR FAIL a SET u = 3 WHERE u < 3", "UPDATE OR IGNORE a SET u = 3",
        "UPDATE OR REPLACE a SET u = 3", "UPDATE a SET n = n + 98", "UPDATE OR FAIL a SET n = n + 98",
        "INSERT INTO w VALUES (5, 5), (6, 1)", "INSERT OR FAIL INTO w VALUES (5, 5), (6, 1), (7, 7)",
        "REPLACE INTO w VALUES (2, 1)", "UPDATE w SET k = k + 1", "UPDATE OR REPLACE w SET k = k + 1",
        "INSERT INTO a(u, n) VALUES (10, 1), (11, 13), (12, 1)",
        "INSERT INTO a(u, n) VALUES (10, 1), (11, 14), (12, 1)",
        "INSERT INTO a(u, n) VALUES (10, 1), (11, 15), (12, 1)", "INSERT INTO v VALUES (20, 1), (21, 1)",
        "INSERT INTO v VALUES (20, 1), (1, 1)", "INSERT INTO v VALUES (20, 14), (22, 1)",
        "INSERT INTO v VALUES (20, 13)",
        "INSERT INTO a(u, n, m) SELECT u + 10, n, CASE u WHEN 3 THEN NULL ELSE 1 END FROM a",
        "INSERT INTO c VALUES (1), (9)", "DELETE FROM p", "UPDATE p SET id = 2",
        "INSERT INTO a(u, n) VALUES (30, 'x' || zeroblob(5)), (1, 0)",
        "INSERT INTO a(u, n) VALUES (40, 1), (1, 2) ON CONFLICT(u) DO UPDATE SET n = 300",
        "INSERT INTO a(u, n) VALUES (40, 1), (1, 2) ON CONFLICT(u) DO NOTHING RETURNING id",
        "WITH RECURSIVE s(i) AS (SELECT 50 UNION ALL SELECT i - 1 FROM s) INSERT INTO a(u) SELECT i FROM s LIMIT 100",
    ])
    func theReplicaHasTheSameAfterAStatementThatMayFail(_ statement: String) throws {
        let pair = try Pair()
        try pair.run(Self.schema)
        try pair.runEach(["INSERT INTO log VALUES ('first')", statement, "INSERT INTO log VALUES ('last')"])
        try pair.checkEqual()
        #expect(try pair.rows("SELECT count(*) FROM log WHERE m IN ('first', 'last')") == ["2"])
        // The same behind a savepoint that is rolled back, and inside of one that is kept.
        try pair.runEach([
            "SAVEPOINT s", statement, "SAVEPOINT t", "INSERT INTO log VALUES ('t')", statement, "ROLLBACK TO t",
            "INSERT INTO log VALUES ('u')", "RELEASE s", "SAVEPOINT x", statement, "ROLLBACK TO x", "RELEASE x",
        ])
        try pair.checkEqual()
    }

    @Test func anErrorInOneTransactionLeavesTheOthersOfItsGroup() throws {
        let pair = try Pair()
        try pair.run(Self.schema)
        let count = try pair.group { writer in
            try writer.transaction { try $0.execute(sql: "INSERT INTO log VALUES ('a')") }
            #expect(throws: DatabaseError.self) {
                try writer.transaction {
                    try $0.execute(sql: "INSERT INTO log VALUES ('b')")
                    try $0.execute(sql: "INSERT INTO a(u) VALUES (1)")
                }
            }
            try writer.transaction { try $0.execute(sql: "INSERT INTO log VALUES ('c')") }
        }
        #expect(count == 2)
        #expect(try pair.rows("SELECT m FROM log") == ["a", "c"])
        try pair.checkEqual()
    }

    @Test func aDeferredForeignKeyFailsItsTransactionAlone() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED, q REFERENCES p)"
        )
        try pair.group { writer in
            try writer.transaction { try $0.execute(sql: "INSERT INTO c(p) VALUES (1); INSERT INTO p VALUES (1)") }
            let error = #expect(throws: SQLiteError.self) {
                try writer.transaction { try $0.execute(sql: "INSERT INTO c(p) VALUES (9)") }
            }
            #expect(error?.code == .foreignKey)
            #expect(error?.resultCode == SQLiteResultCode.constraintForeignKey)
            try writer.transaction {
                try $0.execute(
                    sql: "PRAGMA defer_foreign_keys = ON; INSERT INTO c(q) VALUES (2); INSERT INTO p VALUES (2)")
            }
            // Deferring ended with that transaction.
            #expect(throws: DatabaseError.self) {
                try writer.transaction { try $0.execute(sql: "INSERT INTO c(q) VALUES (3); INSERT INTO p VALUES (3)") }
            }
        }
        #expect(try pair.rows("SELECT id FROM p") == ["1", "2"])
        try pair.checkEqual()
    }

    @Test(arguments: ["INSERT OR ROLLBACK INTO a(u) VALUES (1)", "ROLLBACK"])
    func aRollbackOfEverythingIsTold(_ statement: String) throws {
        let pair = try Pair()
        try pair.run(Self.schema)
        let error = #expect(throws: SQLiteError.self) {
            try pair.group { writer in
                try writer.transaction { try $0.execute(sql: "INSERT INTO log VALUES ('a')") }
                try writer.transaction { try? $0.execute(sql: statement) }
            }
        }
        #expect(error?.code == .groupLost)
        #expect(try pair.primary.withDatabase { try Int.fetchOne($0, sql: "SELECT count(*) FROM log") } == 0)
        try pair.run("INSERT INTO log VALUES ('afterwards')")
        try pair.checkEqual()
    }

    @Test func aGroupThatVanishedBetweenTransactionsIsNoticed() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        let error = #expect(throws: SQLiteError.self) {
            try pair.group { writer in
                try writer.transaction { try $0.execute(sql: "INSERT INTO a VALUES (1)") }
                try writer.withDatabase { try $0.execute(sql: "ROLLBACK") }
                try writer.transaction { try $0.execute(sql: "INSERT INTO a VALUES (2)") }
            }
        }
        #expect(error?.code == .groupLost)
        try pair.run("INSERT INTO a VALUES (3)")
        try pair.checkEqual()
        #expect(try pair.rows("SELECT x FROM a") == ["3"])
    }

    @Test func anInterruptedWriteTakesItsGroupAlong() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        let interrupter = pair.primary.interrupter
        let error = #expect(throws: SQLiteError.self) {
            try pair.group { writer in
                try writer.beginTransaction()
                let statement = try #require(
                    try writer.cachedStatement(
                        "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s) INSERT INTO a SELECT i FROM s")
                )
                let thread = Thread {
                    while !Thread.current.isCancelled {
                        interrupter.cancel()
                        sched_yield()
                    }
                }
                thread.start()
                defer { thread.cancel() }
                _ = try statement.step()
            }
        }
        #expect(error?.code == .groupLost)
        #expect(error?.primaryResultCode == 9)
        try pair.run("INSERT INTO a VALUES (1)")
        try pair.checkEqual()
    }

    @Test func aRecordThatIsTooLargeFailsItsTransactionAlone() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        try pair.primary.beginGroup(into: RecordBuffer(maximumRecordSize: 100_000), segment: 1)
        #expect(throws: LogError.self) {
            try pair.primary.transaction { try $0.execute(sql: "INSERT INTO a VALUES (zeroblob(200000))") }
        }
        try pair.primary.transaction { try $0.execute(sql: "INSERT INTO a VALUES (1)") }
        #expect(try pair.primary.takeRecords().recordCount == 1)
        try pair.primary.rollbackGroup()
    }
}
