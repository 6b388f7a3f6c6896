import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// After each of these, both databases say the same.
@Suite struct SchemaTests {
    @Test(arguments: [
        ["CREATE TABLE a(x)", "INSERT INTO a VALUES (1)", "ALTER TABLE a RENAME TO b", "INSERT INTO b VALUES (2)"],
        [
            "CREATE TABLE a(x, y)", "INSERT INTO a VALUES (1, 2)", "ALTER TABLE a RENAME COLUMN y TO z",
            "UPDATE a SET z = 3", "ALTER TABLE a DROP COLUMN x", "INSERT INTO a VALUES (9)",
        ],
        [
            "CREATE TABLE a(x)", "INSERT INTO a VALUES (1), (2), (3)", "ALTER TABLE a ADD COLUMN d DEFAULT 5",
            "UPDATE a SET d = NULL WHERE x = 1", "UPDATE a SET x = 20 WHERE x = 2", "DELETE FROM a WHERE x = 3",
        ],
        ["CREATE TABLE a(x); INSERT INTO a VALUES (1); CREATE TABLE b AS SELECT x, random() AS r FROM a"],
        ["CREATE TABLE b AS SELECT 1 AS rowid, 'a' AS oid, x'00' AS \"q q\" UNION SELECT 2, NULL, 1.5"],
        ["CREATE TABLE IF NOT EXISTS a(x)", "CREATE TABLE IF NOT EXISTS a(x, y)", "INSERT INTO a VALUES (1)"],
        ["PRAGMA user_version = 7", "PRAGMA application_id = 0x1234", "PRAGMA main.user_version(9)"],
        ["CREATE TABLE a(x INTEGER PRIMARY KEY, y ANY) STRICT", "INSERT INTO a VALUES (1, '5'), (2, 5), (3, x'05')"],
        [
            "CREATE TABLE a(x, y); CREATE VIEW v AS SELECT x FROM a; CREATE INDEX i ON a(x) WHERE y > 1",
            "INSERT INTO a VALUES (1, 1), (2, 2)", "CREATE INDEX j ON a(lower(x), x + y)", "REINDEX", "ANALYZE",
            "UPDATE a SET y = 5", "DROP INDEX i", "DROP VIEW v", "ANALYZE a",
        ],
        [
            "CREATE TABLE a(x); CREATE TABLE b(y)", "INSERT INTO a VALUES (1)", "DROP TABLE a; CREATE TABLE a(z, w)",
            "INSERT INTO a VALUES (1, 2)",
        ],
        ["CREATE TABLE \"we\"\"ird [name]\"(\"a b\", `c`, [d]); INSERT INTO \"we\"\"ird [name]\" VALUES (1, 2, 3)"],
        ["CREATE TABLE a(x DEFAULT (random()), y DEFAULT CURRENT_TIMESTAMP, z)", "INSERT INTO a(z) VALUES (1), (2)"],
        [
            "CREATE TABLE a(x UNIQUE); INSERT INTO a VALUES (1), (2)", "CREATE TABLE c(x INTEGER PRIMARY KEY DESC, y)",
            "INSERT INTO c VALUES (5, 1), (NULL, 2)", "UPDATE c SET x = 6 WHERE y = 1",
        ],
        ["-- a comment first\nCREATE TABLE a(x) -- and last", "/* c */ INSERT INTO a VALUES (1) /* d */"],
        ["CREATE TABLE a(x); INSERT INTO a VALUES (1); PRAGMA optimize"],
        [
            "create table A(x); Insert Into a Values (1); DROP TABLE a; create table a(x, y); insert into A values (1, 2)"
        ],
    ])
    func schemaChangesArrive(_ texts: [String]) throws {
        let pair = try Pair()
        for sql in texts { try pair.run(sql) }
        try pair.checkEqual()
    }

    @Test func aFailedChangeOfTheSchemaIsNotLogged() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x); INSERT INTO a VALUES (1), (1)")
        try pair.runEach([
            "CREATE UNIQUE INDEX i ON a(x)", "CREATE TABLE b(y)", "INSERT INTO b VALUES (1)",
            "ALTER TABLE a DROP COLUMN x",
        ])
        try pair.checkEqual()
        #expect(try pair.rows("SELECT name FROM sqlite_schema WHERE type = 'index'").isEmpty)
    }

    @Test func aSchemaChangeInARolledBackSavepointIsNotLogged() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        try pair.run(
            """
            INSERT INTO a VALUES (1); SAVEPOINT s; CREATE TABLE b(z); ALTER TABLE a ADD COLUMN y;
            INSERT INTO a VALUES (2, 3); ROLLBACK TO s; INSERT INTO a VALUES (4); RELEASE s; INSERT INTO a VALUES (5)
            """)
        try pair.checkEqual()
    }

    @Test func createTableAsSelectLogsTheRowsAndNotTheQuestion() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE b AS SELECT random() AS r")
        let texts = try pair.lastChanges().compactMap { if case .schema(let sql) = $0 { sql } else { nil } }
        #expect(texts.count == 1)
        #expect(texts.allSatisfy { !$0.contains("random") })
        try pair.checkEqual()
    }

    @Test func dropTableKeepsWhatForeignKeysDoToOtherTables() throws {
        let pair = try Pair()
        try pair.run(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY, n); CREATE TABLE c(p REFERENCES p ON DELETE CASCADE, n);
            CREATE TABLE d(p REFERENCES p ON DELETE SET NULL); INSERT INTO p VALUES (1, 1), (2, 2);
            INSERT INTO c VALUES (1, 1), (2, 2), (NULL, 3); INSERT INTO d VALUES (1), (2)
            """, "DROP TABLE p")
        try pair.checkEqual()
        #expect(try pair.rows("SELECT n FROM c") == ["3"])
        #expect(try pair.rows("SELECT p FROM d") == ["NULL", "NULL"])
        // The dropped table's own rows need not be told.
        #expect(try pair.lastChanges().count { if case .delete = $0 { true } else { false } } == 2)
    }

    @Test func aTableIsDefinedOnceASegment() throws {
        let pair = try Pair()
        func definitions() throws -> Int {
            try pair.lastChanges().count { if case .tableDefinition = $0 { true } else { false } }
        }
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (1)")
        #expect(try definitions() == 1)
        try pair.run("INSERT INTO a VALUES (1)")
        #expect(try definitions() == 0)
        pair.segment += 1
        try pair.run("INSERT INTO a VALUES (1)")
        #expect(try definitions() == 1)
        try pair.checkEqual()
    }

    @Test func aDefinitionIsWrittenAgainAfterItsTransactionWasRolledBack() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x UNIQUE)")
        try pair.group { writer in
            #expect(throws: DatabaseError.self) {
                try writer.transaction {
                    try $0.execute(sql: "INSERT INTO a VALUES (1)")
                    try $0.execute(sql: "INSERT INTO a VALUES (1)")
                }
            }
            try writer.transaction { try $0.execute(sql: "INSERT INTO a VALUES (2)") }
        }
        try pair.checkEqual()
    }
}
