import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// After each of these, both databases say the same.
@Suite struct CaptureTests {
    @Test func rowsOfAllKindsArriveAtTheReplica() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE a(id INTEGER PRIMARY KEY, t TEXT, r REAL, b BLOB, n)",
            "INSERT INTO a VALUES (1, 'one', 1.5, x'0102', NULL), (2, '', -0.0, x'', 9223372036854775807)",
            "UPDATE a SET t = 'uno' WHERE id = 1", "UPDATE a SET id = 7 WHERE id = 2", "DELETE FROM a WHERE id = 1",
            "REPLACE INTO a VALUES (7, 'replaced', 9e999, zeroblob(100), -1)",
            "INSERT INTO a(id, t) VALUES (7, 'x') ON CONFLICT(id) DO UPDATE SET t = excluded.t, n = 1")
        try pair.checkEqual()
        #expect(try pair.rows("SELECT id, t, n FROM a") == ["7|x|1"])
    }

    static let values = [
        "NULL", "0", "1", "-1", "127", "128", "-129", "32768", "2147483648", "-9223372036854775808", "0.0", "-0.0",
        "1e308", "-9e999", "9e999", "0.1", "''", "'a'", "'ä€😀'", "CAST(x'610062' AS TEXT)", "CAST(x'FFFE80' AS TEXT)",
        "x''", "x'00'", "zeroblob(63)", "zeroblob(64)", "zeroblob(100000)", "printf('%.*c', 63, 'x')",
        "printf('%.*c', 64, 'x')", "printf('%.*c', 70000, 'y')", "9e999 - 9e999", "5", "5.0", "'5'", "' 5 '",
    ]

    @Test(arguments: ["", "INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC"])
    func anyValueInAColumnOfThisTypeArrivesAsItIs(_ type: String) throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE a(id INTEGER PRIMARY KEY, v \(type)); CREATE TABLE k(v \(type) PRIMARY KEY, w) WITHOUT ROWID")
        for value in Self.values {
            try pair.run("INSERT INTO a(v) VALUES (\(value))")
            if value != "NULL", !value.contains(" - ") { try pair.run("REPLACE INTO k VALUES (\(value), 1)") }
        }
        try pair.checkEqual()
        for (place, value) in Self.values.enumerated() {
            try pair.run("UPDATE a SET v = \(value) WHERE id = \((place * 7) % Self.values.count + 1)")
        }
        try pair.run("UPDATE k SET w = 2", "DELETE FROM k WHERE typeof(v) <> 'text'", "DELETE FROM a WHERE id % 2")
        try pair.checkEqual()
    }

    @Test(arguments: [
        // Triggers, of which the applier runs none.
        [
            """
            CREATE TABLE a(x); CREATE TABLE log(m);
            CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO log VALUES ('in ' || new.x); UPDATE a SET x = x + 100 WHERE rowid = new.rowid; END;
            CREATE TRIGGER u BEFORE DELETE ON a BEGIN INSERT INTO log VALUES ('out ' || old.x); END;
            """, "INSERT INTO a VALUES (1), (2)", "DELETE FROM a WHERE x = 101",
        ],
        // Foreign keys.
        [
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
            CREATE TABLE g(c DEFAULT 1 REFERENCES p ON DELETE SET DEFAULT ON UPDATE CASCADE);
            """, "INSERT INTO p VALUES (1), (2), (3); INSERT INTO c VALUES (2), (3); INSERT INTO g SELECT id FROM p",
            "UPDATE p SET id = 20 WHERE id = 2", "DELETE FROM p WHERE id = 3",
        ],
        // Primary keys that move.
        [
            "CREATE TABLE a(id INTEGER PRIMARY KEY, x UNIQUE)", "INSERT INTO a VALUES (1, 10), (2, 20), (3, 30)",
            "UPDATE a SET id = id - 1", "UPDATE a SET id = -id", "UPDATE a SET id = id * 100, x = x + 1",
            "UPDATE OR REPLACE a SET x = 11", "INSERT OR REPLACE INTO a VALUES (5, 11)",
        ],
        // Values swapped under a unique index, through a third.
        [
            "CREATE TABLE a(id INTEGER PRIMARY KEY, x UNIQUE)", "INSERT INTO a VALUES (1, 'a'), (2, 'b')",
            "UPDATE a SET x = 'tmp' WHERE id = 1; UPDATE a SET x = 'a' WHERE id = 2; UPDATE a SET x = 'b' WHERE id = 1",
        ],
        // No primary key; duplicates.
        [
            "CREATE TABLE a(x, y)", "INSERT INTO a VALUES (1, 1), (1, 1), (1, 1)",
            "DELETE FROM a WHERE rowid = 2", "UPDATE a SET y = rowid", "DELETE FROM a",
            "INSERT INTO a(rowid, x) VALUES (-5, 1), (9223372036854775807, 2), (0, 3)",
        ],
        // WITHOUT ROWID, composite keys, NOCASE.
        [
            "CREATE TABLE w(a, b TEXT COLLATE NOCASE, c, PRIMARY KEY(c, b)) WITHOUT ROWID",
            "INSERT INTO w VALUES (1, 'x', 3), (1, 'y', 3), (2, 'x', 4)", "UPDATE w SET a = a + 1",
            "UPDATE w SET b = 'X' WHERE c = 3 AND b = 'x'",
            "UPDATE w SET c = c + 1 WHERE c = 4", "REPLACE INTO w VALUES (7, 'Y', 3)", "DELETE FROM w WHERE b = 'x'",
            "UPDATE w SET a = a",
        ],
        // Generated columns.
        [
            "CREATE TABLE g(a, v AS (a + 1) VIRTUAL, b, s AS (a * 2) STORED, d DEFAULT 7)",
            "INSERT INTO g(a, b) VALUES (1, 2), (3, 4)",
            "UPDATE g SET b = 9 WHERE a = 1", "UPDATE g SET a = 5", "CREATE INDEX gi ON g(v, s)",
            "DELETE FROM g WHERE b = 9",
            "CREATE TABLE k(a, v AS (a + 1), b, k PRIMARY KEY, s AS (a * 2) STORED, z) WITHOUT ROWID",
            "INSERT INTO k(a, b, k, z) VALUES (1, 2, 'k', 26), (2, 3, 'm', 0)", "UPDATE k SET b = 3, a = 5",
            "UPDATE k SET k = k || '!' WHERE a = 5",
            "DELETE FROM k WHERE k = 'm!'", "CREATE TABLE n(v AS (b + 1), b, c REAL, d)",
            "INSERT INTO n(b, c, d) VALUES (10, 20, 30)", "UPDATE n SET d = 31",
            "UPDATE n SET c = 5", "DELETE FROM n WHERE d = 31",
        ],
        // Only a key, and a table of one column.
        [
            "CREATE TABLE o(id INTEGER PRIMARY KEY)", "INSERT INTO o VALUES (NULL), (NULL), (10)",
            "UPDATE o SET id = 11 WHERE id = 10", "DELETE FROM o WHERE id = 1",
        ],
        // rowid as an ordinary column's name.
        [
            "CREATE TABLE r(rowid, oid)", "INSERT INTO r VALUES (1, 2), (3, 4)", "UPDATE r SET rowid = 9 WHERE oid = 2",
            "DELETE FROM r WHERE rowid = 3",
        ],
        [
            "CREATE TABLE r(rowid, oid, _rowid_, k INTEGER PRIMARY KEY)", "INSERT INTO r VALUES (1, 2, 3, 4)",
            "UPDATE r SET k = 5, rowid = 0",
        ],
        // Views with INSTEAD OF triggers.
        [
            """
            CREATE TABLE a(x); CREATE VIEW v AS SELECT x FROM a;
            CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO a VALUES (new.x); INSERT INTO a VALUES (new.x * 2); END;
            CREATE TRIGGER vd INSTEAD OF DELETE ON v BEGIN DELETE FROM a WHERE x = old.x; END;
            """, "INSERT INTO v VALUES (1), (5)", "DELETE FROM v WHERE x > 4",
        ],
    ])
    func theReplicaHasTheSameAfter(_ texts: [String]) throws {
        let pair = try Pair()
        for sql in texts { try pair.run(sql) }
        try pair.checkEqual()
    }

    @Test func anUpdateToNullOfADefaultThatTheRowNeverHadIsSeen() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE a(x); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD COLUMN d DEFAULT 5",
            "UPDATE a SET d = NULL")
        try pair.checkEqual()
        #expect(try pair.rows("SELECT d FROM a") == ["NULL"])
    }

    @Test func aBlobOfFiftyMegabytesArrives() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE a(id INTEGER PRIMARY KEY, b)",
            "INSERT INTO a VALUES (1, randomblob(50000000)), (2, zeroblob(50000000))")
        try pair.run("UPDATE a SET b = randomblob(50000000) WHERE id = 2", "UPDATE a SET id = 3 WHERE id = 1")
        let sums = { (writer: WriterConnection) in
            try writer.withDatabase { try Row.fetchAll($0, sql: "SELECT id, length(b), b FROM a") }
        }
        #expect(try sums(pair.primary) == sums(pair.replica))
        for writer in [pair.primary, pair.replica] {
            #expect(try writer.withDatabase { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        }
    }

    @Test func aTransactionThatChangesNothingHasNoRecord() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        let count = try pair.group { writer in
            try writer.transaction { _ = try Row.fetchAll($0, sql: "SELECT * FROM a") }
            try writer.transaction { try $0.execute(sql: "DELETE FROM a") }
            try writer.transaction { try $0.execute(sql: "INSERT INTO a VALUES (1)") }
        }
        #expect(count == 1)
        try pair.checkEqual()
    }

    @Test func insertOfABookTakesFewBytes() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT, author TEXT, year INT, price REAL)")
        try pair.run("INSERT INTO book VALUES (1, 'x', 'y', 1, 1)")
        let before = pair.batches.count
        try pair.run(
            "INSERT INTO book VALUES (123456, 'The Art of Computer Programming', 'Donald E. Knuth', 1968, 199.99)")
        #expect(pair.batches[before].byteCount < 110)
    }
}
