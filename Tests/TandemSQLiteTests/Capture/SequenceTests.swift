import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// `sqlite_sequence` is the same on both sides after each of these.
@Suite struct SequenceTests {
    @Test(arguments: [
        ["INSERT INTO s(u) VALUES (1), (2)", "DELETE FROM s WHERE u = 2", "INSERT INTO s(u) VALUES (3)"],
        [
            "INSERT OR IGNORE INTO s(u) VALUES (1)", "INSERT OR IGNORE INTO s(u) VALUES (1), (1), (1)",
            "INSERT INTO s(u) VALUES (9)",
        ],
        [
            "INSERT INTO s VALUES (100, 1)", "INSERT INTO s(u) VALUES (2)", "UPDATE s SET id = 500 WHERE u = 2",
            "INSERT INTO s(u) VALUES (3)",
        ],
        [
            "INSERT INTO s(u) VALUES (1)", "UPDATE sqlite_sequence SET seq = 77 WHERE name = 's'",
            "INSERT INTO s(u) VALUES (2)",
        ],
        ["INSERT INTO s(u) VALUES (1)", "DELETE FROM sqlite_sequence", "INSERT INTO s(u) VALUES (2)"],
        [
            "INSERT INTO s(u) VALUES (1); DELETE FROM sqlite_sequence; INSERT INTO s(u) VALUES (2)",
            "INSERT INTO t DEFAULT VALUES",
        ],
        ["INSERT INTO s(u) VALUES (1); DELETE FROM sqlite_sequence", "INSERT INTO t DEFAULT VALUES"],
        [
            "INSERT INTO sqlite_sequence VALUES ('s', 10), ('s', 20), ('other', 'x')", "INSERT INTO s(u) VALUES (1)",
            "UPDATE sqlite_sequence SET seq = NULL",
        ],
        [
            "INSERT INTO t DEFAULT VALUES; INSERT INTO s(u) VALUES (1)", "ALTER TABLE s RENAME TO z",
            "INSERT INTO z(u) VALUES (2)", "DROP TABLE z", "INSERT INTO t DEFAULT VALUES",
        ],
        [
            "SAVEPOINT a; INSERT INTO s(u) VALUES (1), (2), (3); ROLLBACK TO a; INSERT INTO s(u) VALUES (4)",
            "INSERT INTO s(u) VALUES (5)",
        ],
        [
            "SAVEPOINT a; INSERT INTO s(u) VALUES (1); ROLLBACK TO a; INSERT OR IGNORE INTO t VALUES (3); INSERT OR IGNORE INTO s(u) VALUES (1), (1)"
        ],
        [
            "CREATE TRIGGER r AFTER INSERT ON s BEGIN INSERT INTO t VALUES (NULL); END; INSERT INTO s(u) VALUES (1)",
            "WITH x AS (SELECT 2) INSERT INTO s(u) SELECT * FROM x",
        ],
        [
            "INSERT INTO s(u) VALUES (1) ON CONFLICT DO NOTHING",
            "INSERT INTO s(u) VALUES (1) ON CONFLICT(u) DO UPDATE SET u = 5", "REPLACE INTO s(u) VALUES (5)",
        ],
        [
            "CREATE TABLE q(i INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO q VALUES (7); DROP TABLE q; CREATE TABLE q(i INTEGER PRIMARY KEY AUTOINCREMENT)",
            "INSERT INTO q DEFAULT VALUES",
        ],
        [
            "INSERT INTO s VALUES (9223372036854775806, 1)", "INSERT INTO s(u) VALUES (2)",
            "INSERT INTO s VALUES (-5, 3)",
        ],
        [
            "INSERT INTO s(u) VALUES (1)",
            "SAVEPOINT a; INSERT INTO s VALUES (100, 9); ROLLBACK TO a; INSERT OR IGNORE INTO s VALUES (100, 1)",
        ],
    ])
    func sequencesArrive(_ texts: [String]) throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE s(id INTEGER PRIMARY KEY AUTOINCREMENT, u UNIQUE); CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT)"
        )
        for sql in texts {
            try pair.run(sql)
            try pair.checkEqual()
        }
    }

    @Test func aStatementThatFailedHalfwayLeavesTheSequenceBehindItsRows() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE s(id INTEGER PRIMARY KEY AUTOINCREMENT, u UNIQUE)")
        for _ in 0..<2 {
            try pair.runEach(["INSERT OR FAIL INTO s(u) VALUES (abs(random())), (abs(random())), (1), (1)"])
            try pair.checkEqual()
            try pair.run("INSERT INTO s(u) VALUES (random())", "DELETE FROM s WHERE u = 1")
            try pair.checkEqual()
        }
    }

    @Test func afterARolledBackGroupTheSequenceIsRight() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE s(id INTEGER PRIMARY KEY AUTOINCREMENT, u UNIQUE)", "INSERT INTO s(u) VALUES (1)")
        try pair.primary.beginGroup(into: RecordBuffer(), segment: 1)
        try pair.primary.transaction { try $0.execute(sql: "INSERT INTO s(u) VALUES (2), (3)") }
        try pair.primary.rollbackGroup()
        try pair.run("INSERT OR IGNORE INTO s(u) VALUES (1), (1)")
        try pair.checkEqual()
        try pair.run("INSERT INTO s(u) VALUES (8)")
        try pair.checkEqual()
    }

    @Test func anOrdinaryInsertLogsNothingOfTheSequence() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE s(id INTEGER PRIMARY KEY AUTOINCREMENT, u)", "INSERT INTO s(u) VALUES (1)",
            "INSERT INTO s(u) VALUES (2)")
        #expect(try pair.lastChanges().count { if case .contentChecksum = $0 { false } else { true } } == 1)
    }
}
