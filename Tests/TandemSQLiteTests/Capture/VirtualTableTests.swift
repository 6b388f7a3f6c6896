import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// Virtual tables, which replicate by the rows of their shadow tables.
@Suite struct VirtualTableTests {
    /// Both sides find their own index sound.
    private func checkIndex(_ pair: Pair, _ module: String) throws {
        try pair.replica.stopApplying()
        for writer in [pair.primary, pair.replica] {
            try writer.beginGroup(into: RecordBuffer(), segment: 99)
            try writer.transaction { try $0.execute(sql: "INSERT INTO f(f) VALUES ('integrity-check')") }
            try writer.rollbackGroup()
        }
    }

    @Test(arguments: ["fts5", "fts4", "fts3"])
    func fullTextTablesArrive(_ module: String) throws {
        let pair = try Pair()
        try pair.run(
            "CREATE VIRTUAL TABLE f USING \(module)(title, body)",
            "INSERT INTO f VALUES ('one', 'hello world'), ('two', 'hello moon')",
            "INSERT INTO f(title, body) VALUES ('three', 'sun')", "UPDATE f SET body = 'hello sun' WHERE title = 'one'",
            "DELETE FROM f WHERE title = 'two'", "INSERT INTO f(f) VALUES ('optimize')",
            "INSERT INTO f(f) VALUES ('rebuild')")
        try pair.checkEqual()
        #expect(try pair.rows("SELECT title FROM f WHERE f MATCH 'sun' ORDER BY title") == ["one", "three"])
        try pair.run("ALTER TABLE f RENAME TO g", "INSERT INTO g VALUES ('four', 'moon')", "ALTER TABLE g RENAME TO f")
        try pair.checkEqual()
        try pair.run("DROP TABLE f", "CREATE VIRTUAL TABLE f USING \(module)(a)", "INSERT INTO f VALUES ('again')")
        try pair.checkEqual()
        try checkIndex(pair, module)
    }

    @Test(arguments: ["fts5", "fts4"])
    func fullTextTablesSurviveRollbacksAroundThem(_ module: String) throws {
        let pair = try Pair()
        try pair.run("CREATE VIRTUAL TABLE f USING \(module)(a); CREATE TABLE t(x UNIQUE); INSERT INTO t VALUES (1)")
        // What the table holds back must neither be lost with a statement that fails later nor stay behind a rollback.
        try pair.runEach([
            "INSERT INTO f VALUES ('kept one')", "INSERT INTO t VALUES (2), (1)", "INSERT INTO f VALUES ('kept two')",
            "SAVEPOINT s",
            "INSERT INTO f VALUES ('gone')", "UPDATE f SET a = a || ' gone'", "ROLLBACK TO s",
            "INSERT INTO f VALUES ('kept three')",
            "RELEASE s", "INSERT INTO t SELECT 5 UNION ALL SELECT 1", "DELETE FROM f WHERE a MATCH 'two'",
        ])
        try pair.checkEqual()
        let count = try pair.group { writer in
            try writer.transaction { try $0.execute(sql: "INSERT INTO f VALUES ('next')") }
            try? writer.transaction { database in
                try database.execute(sql: "INSERT INTO f VALUES ('gone')")
                try database.execute(sql: "INSERT INTO t VALUES (1)")
            }
            try writer.transaction { try $0.execute(sql: "INSERT INTO f VALUES ('last')") }
        }
        #expect(count == 2)
        try pair.checkEqual()
        #expect(try pair.rows("SELECT count(*) FROM f WHERE f MATCH 'gone'") == ["0"])
        try checkIndex(pair, module)
    }

    @Test func fullTextTablesByTriggersAndWithForeignContentArrive() throws {
        let pair = try Pair()
        try pair.run(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); CREATE VIRTUAL TABLE f USING fts5(a, b, content = 't', content_rowid = 'id');
            CREATE TRIGGER ti AFTER INSERT ON t BEGIN INSERT INTO f(rowid, a, b) VALUES (new.id, new.a, new.b); END;
            CREATE TRIGGER td AFTER DELETE ON t BEGIN INSERT INTO f(f, rowid, a, b) VALUES ('delete', old.id, old.a, old.b); END;
            CREATE TRIGGER tu AFTER UPDATE ON t BEGIN INSERT INTO f(f, rowid, a, b) VALUES ('delete', old.id, old.a, old.b);
              INSERT INTO f(rowid, a, b) VALUES (new.id, new.a, new.b); END;
            """, "INSERT INTO t(a, b) VALUES ('x y', 'z'), ('y', 'w')", "UPDATE t SET a = 'q' WHERE id = 1",
            "DELETE FROM t WHERE id = 2",
            "CREATE VIRTUAL TABLE c USING fts5(a, content = '', columnsize = 0)",
            "INSERT INTO c(rowid, a) VALUES (1, 'u'), (2, 'v')")
        try pair.checkEqual()
        #expect(try pair.rows("SELECT rowid FROM f WHERE f MATCH 'q'") == ["1"])
        #expect(try pair.rows("SELECT rowid FROM c WHERE c MATCH 'v'") == ["2"])
    }

    @Test func manyDocumentsInManyTransactionsArrive() throws {
        let pair = try Pair()
        try pair.run("CREATE VIRTUAL TABLE f USING fts5(a, prefix = '2 3')")
        var generator = Seeded(7)
        for _ in 0..<40 {
            try pair.group { writer in
                for _ in 0..<5 {
                    try writer.transaction { database in
                        for _ in 0..<3 {
                            let words = (0..<20).map { _ in "w\(UInt32.random(in: 0..<500, using: &generator))" }
                                .joined(separator: " ")
                            try database.execute(sql: "INSERT INTO f VALUES (?)", arguments: [words])
                        }
                        try database.execute(
                            sql: "DELETE FROM f WHERE rowid = ?",
                            arguments: [Int64.random(in: 1...300, using: &generator)])
                    }
                }
            }
        }
        try pair.checkEqual()
        try checkIndex(pair, "fts5")
    }

    @Test func spatialTablesArrive() throws {
        let pair = try Pair()
        try pair.run("CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, y0, y1, +note)")
        var generator = Seeded(3)
        for _ in 0..<20 {
            try pair.group { writer in
                try writer.transaction { database in
                    for _ in 0..<30 {
                        let x = Double.random(in: 0..<100, using: &generator)
                        try database.execute(
                            sql: "INSERT INTO r VALUES (NULL, ?, ?, 0, 1, 'n')", arguments: [x, x + 1])
                    }
                    try database.execute(
                        sql: "DELETE FROM r WHERE id % 7 = 3; UPDATE r SET x1 = x1 + 1 WHERE id % 5 = 0")
                }
            }
        }
        try pair.checkEqual()
        let question = "SELECT count(*) FROM r WHERE x0 > 20 AND x1 < 50"
        #expect(
            try pair.rows(question) == [
                String(try pair.primary.withDatabase { try Int.fetchOne($0, sql: question) ?? -1 })
            ])
        #expect(try pair.rows("SELECT rtreecheck('r')") == ["ok"])
        try pair.run("ALTER TABLE r RENAME TO q", "DROP TABLE q")
        try pair.checkEqual()
    }

    @Test func settingsOfAFullTextTableAreRefusedByTheirName() throws {
        let pair = try Pair()
        try pair.run("CREATE VIRTUAL TABLE f USING fts5(a)")
        let error = #expect(throws: SQLiteError.self) {
            try pair.run("INSERT INTO f(f, rank) VALUES ('pgsz', 512)")
        }
        #expect(error?.code == .refused && error?.message.contains("FTS5") == true)
        try pair.run("INSERT INTO f VALUES ('one')")
        try pair.checkEqual()
    }

    @Test func anApplierThatBecomesAWriterKnowsWhatItApplied() throws {
        let pair = try Pair()
        try pair.run("CREATE VIRTUAL TABLE f USING fts5(a)", "INSERT INTO f VALUES ('one')")
        _ = try pair.rows("SELECT * FROM f WHERE f MATCH 'one'")
        try pair.run("INSERT INTO f VALUES ('two')", "INSERT INTO f(f) VALUES ('optimize')")
        let replica = pair.replica
        try replica.stopApplying()
        try replica.beginGroup(into: RecordBuffer(), segment: 9)
        try replica.transaction {
            try $0.execute(sql: "INSERT INTO f VALUES ('three'); INSERT INTO f(f) VALUES ('integrity-check')")
        }
        _ = try replica.takeRecords()
        try replica.commitGroup(applied: Position(epoch: pair.epoch, index: pair.end.index.next))
        #expect(try pair.rows("SELECT count(*) FROM f WHERE f MATCH 'one OR two OR three'") == ["3"])
    }
}
