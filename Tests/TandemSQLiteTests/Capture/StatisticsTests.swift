import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// What ANALYZE finds out is each node's own. Its rows were logged where DROP TABLE deleted them, by rowids that other
/// nodes had given to other rows.
@Suite struct StatisticsTests {
    private func analyzed() throws -> Pair {
        let pair = try Pair()
        try pair.run(
            """
            CREATE TABLE t0(a); CREATE INDEX i ON t0(a); CREATE TABLE t1(a); INSERT INTO t0 VALUES (1);
            INSERT INTO t1 VALUES (1), (2)
            """, "ANALYZE")
        return pair
    }

    private func statistics(_ writer: WriterConnection, of table: String) throws -> [String] {
        try writer.withDatabase {
            try String.fetchAll($0, sql: "SELECT stat FROM sqlite_stat1 WHERE tbl = ?", arguments: [table])
        }
    }

    /// Changes the replica's own statistics, past its writer, which runs nothing but what it applies.
    private func changeReplica(of pair: Pair, _ sql: String) throws {
        let foreign = try DatabaseQueue(path: pair.replicaPath)
        try foreign.write { try $0.execute(sql: sql) }
        try foreign.close()
    }

    @Test func analyzeMakesStatisticsOnEachNode() throws {
        let pair = try analyzed()
        for writer in [pair.primary, pair.replica] {
            #expect(try statistics(writer, of: "t0") == ["1 1"])
            #expect(try statistics(writer, of: "t1") == ["2"])
        }
        try pair.run("INSERT INTO t1 VALUES (3)", "ANALYZE t1")
        for writer in [pair.primary, pair.replica] { #expect(try statistics(writer, of: "t1") == ["3"]) }
        try pair.checkEqual()
    }

    @Test(arguments: [
        "DROP TABLE t0", "ANALYZE t0; DROP TABLE t0", "DROP TABLE t1; ANALYZE", "DROP INDEX i; DROP TABLE t0",
        "ALTER TABLE t0 RENAME TO z; ALTER TABLE z RENAME COLUMN a TO b; DROP TABLE z",
        "DROP TABLE t0; CREATE TABLE t0(b); INSERT INTO t0 VALUES (3); ANALYZE; DROP TABLE t0", "PRAGMA optimize",
        "DROP TABLE sqlite_stat1", "DROP TABLE Sqlite_Stat1; ANALYZE t0", "DELETE FROM sqlite_stat1; DROP TABLE t0",
    ])
    func statisticsThatDifferAreNoDrift(_ sql: String) throws {
        let pair = try analyzed()
        try changeReplica(of: pair, "UPDATE sqlite_stat1 SET rowid = rowid + 100, stat = '9'")
        try pair.run(sql)
        let names = try pair.lastChanges().compactMap { change in
            if case .tableDefinition(let definition) = change { definition.name } else { nil }
        }
        #expect(names.allSatisfy { !$0.hasPrefix("sqlite_") })
        try pair.checkEqual()
        try pair.run("CREATE TABLE afterwards(x); INSERT INTO afterwards VALUES (1)")
        try pair.checkEqual()
    }

    @Test func aReplicaThatLacksATableOfStatisticsPassesOverItsDrop() throws {
        let pair = try analyzed()
        try changeReplica(of: pair, "DROP TABLE sqlite_stat1")
        try pair.run("DROP TABLE sqlite_stat1", "INSERT INTO t1 VALUES (3)")
        try pair.checkEqual()
    }

    @Test(arguments: [
        "UPDATE sqlite_stat1 SET stat = '7' WHERE tbl = 't1'",
        "DELETE FROM sqlite_stat1 WHERE tbl = 't1'; INSERT INTO sqlite_stat1 VALUES ('t1', NULL, '7')",
        "SAVEPOINT s; DELETE FROM sqlite_stat1; ROLLBACK TO s; UPDATE sqlite_stat1 SET stat = '7' WHERE tbl = 't1'",
    ])
    func aClientsOwnStatisticsAreCommittedOnThePrimaryAlone(_ sql: String) throws {
        let pair = try analyzed()
        try pair.run(sql)
        #expect(try pair.lastChanges() == [.schema("ANALYZE sqlite_schema")])
        #expect(try statistics(pair.primary, of: "t1") == ["7"])
        #expect(try statistics(pair.replica, of: "t1") == ["2"])
        try pair.checkEqual()
    }

    @Test func statisticsBesideDataOrTakenBackAreNotToldOf() throws {
        let pair = try analyzed()
        try pair.run("INSERT INTO t1 VALUES (3); DELETE FROM sqlite_stat1")
        let texts = try pair.lastChanges().compactMap { if case .schema(let sql) = $0 { sql } else { nil } }
        #expect(texts.isEmpty)
        let sql = "SAVEPOINT s; INSERT INTO sqlite_stat1 VALUES ('t1', NULL, '7'); ROLLBACK TO s"
        let records = try pair.group { writer in try writer.transaction { try $0.execute(sql: sql) } }
        #expect(records == 0)
        try pair.checkEqual()
    }

    @Test(arguments: [true, false])
    func rowsOfStatisticsInLogsOfFormerVersionsArePassedOver(_ isThere: Bool) throws {
        let pair = try isThere ? analyzed() : Pair()
        var records = RecordBuffer()
        records.beginRecord(kind: .transaction)
        let columns = ["tbl", "idx", "stat"].map { TableDefinition.Column(name: $0) }
        let values: [Value] = [.text("t0"), .null, .text("5")]
        let changes: [Change] = [
            .tableDefinition(TableDefinition(number: 99, name: "sqlite_stat1", kind: .rowid, columns: columns)),
            .delete(table: 99, rowid: 71, oldValues: values), .insert(table: 99, rowid: 1, values: values),
            .update(
                table: 99, rowid: 72, newRowid: 73, oldKey: [],
                columns: [Change.ChangedColumn(column: 2, old: .text("5"), new: .text("6"))]),
            .schema("CREATE TABLE new(x)"),
        ]
        for change in changes { records.write(change, columnCount: columns.count) }
        try records.endRecord()
        try pair.apply(records)
        #expect(try pair.rows("SELECT count(*) FROM sqlite_schema WHERE name = 'new'") == ["1"])
        if isThere { #expect(try statistics(pair.replica, of: "t0") == ["1 1"]) }
    }

    /// A former version has stopped there, and written it down.
    @Test func aTableOfStatisticsThatWasNotedAsDriftedIsForgiven() throws {
        let pair = try analyzed()
        let other = try ContentTests.Other(pair)
        other.writer.noteDrift(.contentDiffers(2, "sqlite_stat1", "a row that is deleted is not there"), 2)
        #expect(other.writer.drifts.map { $0.table } == ["sqlite_stat1"])
        try other.writer.close()
        try other.reopen()
        #expect(other.writer.drifts.isEmpty)
        #expect(try other.drift(after: "DROP TABLE t0") == nil)
        try other.writer.close()
        try other.reopen()
        #expect(other.writer.drifts.isEmpty)
    }
}
