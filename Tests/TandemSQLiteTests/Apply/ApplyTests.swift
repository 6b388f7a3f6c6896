import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

@Suite struct ApplyTests {
    /// Changes the replica past the log.
    private func tamper(_ pair: Pair, _ sql: String) throws {
        let tables = pair.replica.applier?.decoder.tables ?? TableDefinitions()
        try pair.replica.stopApplying()
        let applied = pair.replica.applied.position
        try pair.replica.beginGroup(into: RecordBuffer(), segment: 77)
        try pair.replica.transaction { try $0.execute(sql: sql) }
        _ = try pair.replica.takeRecords()
        try pair.replica.commitGroup(applied: applied)
        try pair.replica.startApplying(tables: tables)
    }

    @Test(arguments: [
        ("DELETE FROM a WHERE id = 2", "UPDATE a SET x = 9 WHERE id = 2"),
        ("DELETE FROM a WHERE id = 2", "DELETE FROM a WHERE id = 2"),
        ("INSERT INTO a VALUES (5, 5)", "INSERT INTO a VALUES (5, 6)"),
        ("INSERT INTO a VALUES (6, 50)", "INSERT INTO a VALUES (7, 50)"),
        ("DELETE FROM w", "UPDATE w SET v = 2"), ("DELETE FROM w", "DELETE FROM w"),
        ("DROP TABLE a", "INSERT INTO a VALUES (8, 8)"),
        ("ALTER TABLE a ADD COLUMN y", "INSERT INTO a VALUES (8, 8)"), ("CREATE TABLE n(x)", "CREATE TABLE n(x)"),
        ("UPDATE a SET id = 20 WHERE id = 2", "UPDATE a SET id = 3 WHERE id = 2"),
    ])
    func driftStopsTheApplierAtTheRecordThatDoesNotFit(_ drift: String, _ change: String) throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE a(id INTEGER PRIMARY KEY, x UNIQUE); CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID; CREATE TABLE log(m)",
            "INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO w VALUES (1, 1)")
        try tamper(pair, drift)
        let error = #expect(throws: SQLiteError.self) {
            try pair.group { writer in
                try writer.transaction { try $0.execute(sql: "INSERT INTO log VALUES ('before')") }
                try writer.transaction { try $0.execute(sql: "INSERT INTO log VALUES ('with'); \(change)") }
                try writer.transaction { try $0.execute(sql: "INSERT INTO log VALUES ('after')") }
            }
        }
        #expect(error?.code == .contentDiffers)
        #expect(error?.message.contains("Record 4") == true)
        #expect(pair.replica.applied.position.index == 3)
        #expect(try pair.rows("SELECT m FROM log") == ["before"])
        // It stays there.
        let batch = try #require(pair.batches.last)
        #expect(throws: SQLiteError.self) { try pair.replica.apply(batch, through: 99, history: pair.history) }
        #expect(pair.replica.applied.position.index == 3)
    }

    @Test func aChangeOfTheSchemaThatFindsNoRoomIsNoDrift() throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE a(x)",
            """
            INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
              SELECT hex(randomblob(50)) FROM n
            """)
        // No more pages than there are.
        try pair.replica.withDatabase { try $0.execute(sql: "PRAGMA max_page_count = 1") }
        let error = #expect(throws: SQLiteError.self) { try pair.run("CREATE INDEX i ON a(x)") }
        #expect(error?.code == .engine && error?.primaryResultCode == 13, "SQLITE_FULL: \(String(describing: error))")
        #expect(pair.replica.drifts.isEmpty)
        try pair.replica.withDatabase { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        let batch = try #require(pair.batches.last)
        try pair.replica.apply(batch, through: batch.lastIndex, history: pair.history)
        try pair.checkEqual()
    }

    @Test func recordsThatAreThereAlreadyAreSkipped() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2)")
        for batch in pair.batches { try pair.replica.apply(batch, through: batch.lastIndex, history: pair.history) }
        try pair.checkEqual()
        // After a restart it begins with what lies before the applied position, and needs the definitions there.
        try pair.replica.stopApplying()
        try pair.replica.startApplying()
        for batch in pair.batches { try pair.replica.apply(batch, through: batch.lastIndex, history: pair.history) }
        try pair.run("INSERT INTO a VALUES (3)")
        try pair.checkEqual()
        #expect(try pair.rows("SELECT count(*) FROM a") == ["3"])
    }

    @Test func onlyRecordsUpToTheCommitIndexAreApplied() throws {
        let pair = try Pair()
        let other = try WriterConnection.open(path: pair.directory.appendingPathComponent("other.db").path)
        try other.startApplying()
        try pair.run("CREATE TABLE a(x)")
        try pair.group { writer in
            for number in 0..<10 {
                try writer.transaction { try $0.execute(sql: "INSERT INTO a VALUES (?)", arguments: [number]) }
            }
        }
        try other.apply(pair.batches[0], through: 1, history: pair.history)
        #expect(try other.apply(pair.batches[1], through: 5, history: pair.history) == 5)
        #expect(try other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") } == 4)
        #expect(try other.apply(pair.batches[1], through: 5, history: pair.history) == 5)
        #expect(try other.apply(pair.batches[1], through: 99, history: pair.history) == 11)
        #expect(try other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") } == 10)
        // A gap is refused.
        let fresh = try WriterConnection.open(path: pair.directory.appendingPathComponent("fresh.db").path)
        try fresh.startApplying()
        #expect(throws: SQLiteError.self) { try fresh.apply(pair.batches[1], through: 99, history: pair.history) }
        try other.close()
        try fresh.close()
    }

    @Test func aDumpTellsValuesApartThatLookTheSame() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        var digests: Set<UInt64> = []
        let values = ["1", "1.0", "'1'", "x'31'", "NULL", "''", "x''", "0.0", "-0.0", "'NULL'", "CAST(x'FF' AS TEXT)"]
        for value in values {
            try pair.run("DELETE FROM a", "INSERT INTO a VALUES (\(value))")
            digests.insert(try DatabaseDump(pair.primary).digest())
        }
        #expect(digests.count == values.count)
        #expect(try DatabaseDump(pair.primary).lines().allSatisfy { !$0.contains("_tandem_") })
    }
}
