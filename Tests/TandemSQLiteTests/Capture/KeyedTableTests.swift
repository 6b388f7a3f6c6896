import Foundation
import GRDB
import Testing

@testable import TandemSQLite

/// WITHOUT ROWID tables whose rows lie otherwise than their columns are written: SQLite's hook confuses the columns'
/// affinities then.
@Suite struct KeyedTableTests {
    private static let reading =
        "CREATE TABLE reading(value REAL, sensor INTEGER, at INTEGER, PRIMARY KEY(sensor, at)) WITHOUT ROWID"

    private func refusal(_ pair: Pair, _ sql: String) -> SQLiteError? {
        do {
            try pair.run(sql)
            return nil
        } catch {
            return error as? SQLiteError
        }
    }

    @Test func aRowBehindARealColumnIsFoundByItsKeyAndItsSumIsKept() throws {
        let pair = try Pair()
        try pair.run(
            Self.reading,
            "INSERT INTO reading VALUES (1.5, 1, 10), (2, 9007199254740991, 20), (3.5, -9007199254740991, 20)",
            "UPDATE reading SET value = 4 WHERE sensor = 9007199254740991", "DELETE FROM reading WHERE sensor = 1")
        try pair.checkEqual()
        try pair.run("UPDATE reading SET sensor = sensor - 5, at = 30 WHERE sensor > 0", "DELETE FROM reading")
        try pair.checkEqual()
    }

    @Test func aKeyThatCouldNotBeToldIsRefusedWhenItComes() throws {
        let pair = try Pair()
        try pair.run(Self.reading, "INSERT INTO reading VALUES (1, 2, 3)")
        for sql in [
            "INSERT INTO reading VALUES (1, 9007199254740993, 1)", "UPDATE reading SET sensor = -9007199254740993",
            "INSERT OR IGNORE INTO reading VALUES (1, 9007199254740992, 1)",
        ] {
            let error = try #require(refusal(pair, sql), "\(sql)")
            #expect(
                error.code == .refused && error.table == "reading" && error.message.contains("`sensor`"), "\(error)")
        }
        try pair.run("INSERT INTO reading VALUES (1, 3, 9007199254740993)")  // This one is told rightly.
        try pair.checkEqual()
    }

    @Test func aRowWithSuchAKeyThatIsThereAlreadyIsNeitherChangedNorTakenForAnother() throws {
        let pair = try Pair()
        try pair.run(Self.reading)
        let foreign = try DatabaseQueue(path: pair.primaryPath)
        try foreign.write {
            try $0.execute(
                sql: "INSERT INTO reading VALUES (2.5, 9007199254740993, 20), (3.5, 9007199254740992, 20)")
        }
        try foreign.close()
        for sql in ["DELETE FROM reading WHERE sensor = 9007199254740993", "UPDATE reading SET value = 1"] {
            #expect(refusal(pair, sql)?.code == .refused, "\(sql)")
        }
        #expect(
            try pair.primary.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM reading WHERE value > 2") } == 2)
    }

    @Test func keysThatComeFirstMayBeOfAnySize() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE reading(sensor INTEGER, at INTEGER, value REAL, PRIMARY KEY(sensor, at)) WITHOUT ROWID",
            "INSERT INTO reading VALUES (9007199254740993, 1, 1), (9007199254740992, 1, 2)",
            "DELETE FROM reading WHERE sensor = 9007199254740993")
        #expect(try pair.rows("SELECT sensor FROM reading") == ["9007199254740992"])
        try pair.checkEqual()
    }

    @Test func aVirtualColumnBeforeAnotherOneSpoilsNoSum() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE w(a, k, y, g REAL AS (a) VIRTUAL, n, PRIMARY KEY(a, k)) WITHOUT ROWID",
            "INSERT INTO w(a, k, y, n) VALUES (1, 2, 3, 4), (2, 2, 3, 4.0)", "UPDATE w SET n = 8",
            "DELETE FROM w WHERE a = 1")
        try pair.checkEqual()
    }

    @Test func aNumberThatOnlyChangesItsTypeIsLogged() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE w(r REAL, k, n, PRIMARY KEY(k)) WITHOUT ROWID",
            "INSERT INTO w VALUES (1.5, 2, 3), (2.5, 4.0, 5)",
            "UPDATE w SET k = 2.0, n = 3.0 WHERE k = 2", "UPDATE w SET k = 4 WHERE k = 4")
        #expect(try pair.rows("SELECT typeof(k) FROM w ORDER BY k") == ["real", "integer"])
        try pair.checkEqual()
    }

    /// Orders of columns and keys, with values that are easily confused; `TANDEM_SEED` chooses others.
    @Test func anyOrderOfColumnsAndKeysIsCaptured() throws {
        let seed = ProcessInfo.processInfo.environment["TANDEM_SEED"].flatMap { UInt64($0) } ?? 1
        var random = Seeded(seed)
        let pair = try Pair()
        for number in 0..<30 {
            let columns = ["a", "b", "c", "d"].shuffled(using: &random)
            let key = Array(["a", "b", "c"].shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
            let types = ["", "INTEGER", "REAL", "REAL", "NUMERIC", "BLOB", "TEXT"]
            var definitions = columns.map { "\($0) \(types.randomElement(using: &random) ?? "")" }
            if Bool.random(using: &random) {
                let place = Int.random(in: 0...4, using: &random)
                definitions.insert("g \(types.randomElement(using: &random) ?? "") AS (a + d) VIRTUAL", at: place)
            }
            let values = ["1", "2", "2.0", "3", "0.5", "'4'", "x'05'", "-7", "9007199254740991", "'text'", "NULL"]
            func value() -> String { values.randomElement(using: &random) ?? "" }
            func column() -> String { columns.randomElement(using: &random) ?? "" }
            let table = "t\(number)"
            try pair.run(
                "CREATE TABLE \(table)(\((definitions + ["PRIMARY KEY(\(key.joined(separator: ", ")))"]).joined(separator: ", "))) WITHOUT ROWID"
            )
            let statements = (0..<25).map { turn in
                switch turn < 10 ? 0 : Int.random(in: 0..<4, using: &random) {
                case 0, 1:
                    "INSERT OR REPLACE INTO \(table)(a, b, c, d) VALUES (\(value()), \(value()), \(value()), \(value()))"
                case 2: "UPDATE OR REPLACE \(table) SET \(column()) = \(value()) WHERE \(column()) <> \(value())"
                default: "DELETE FROM \(table) WHERE \(column()) = \(value())"
                }
            }
            try pair.runEach(statements)
        }
        try pair.checkEqual()
    }
}
