import CTandemSQLite
import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// What cannot be replicated fails with a clear error, by whatever way it comes, and changes nothing.
@Suite struct RefusalTests {
    static let refused = [
        "ATTACH ':memory:' AS m", "VACUUM", "VACUUM INTO '/tmp/never'", "CREATE TEMP TABLE x(a)",
        "CREATE TEMPORARY VIEW x AS SELECT 1",
        "CREATE TEMP TRIGGER x AFTER INSERT ON a BEGIN SELECT 1; END", "CREATE TABLE temp.x(a)",
        "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = DELETE", "PRAGMA foreign_keys = OFF", "PRAGMA recursive_triggers = 1",
        "PRAGMA ignore_check_constraints(1)",
        "PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA synchronous = OFF",
        "PRAGMA auto_vacuum = 1", "PRAGMA schema_version = 9",
        "PRAGMA incremental_vacuum(1)", "PRAGMA case_sensitive_like = 1", "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA temp_store = 2", "PRAGMA encoding = 'UTF-16'",
        "UPDATE _tandem_state SET applied_index = 7", "DELETE FROM \"_tandem_state\"", "DROP TABLE _tandem_state",
        "CREATE TABLE _Tandem_x(a)",
        "ALTER TABLE _tandem_state ADD COLUMN x", "ALTER TABLE a RENAME TO _tandem_a",
        "CREATE INDEX i ON _tandem_state(applied_index)", "UPDATE sqlite_schema SET sql = ''",
        "DELETE FROM sqlite_master",
        "BEGIN", "COMMIT", "END TRANSACTION", "CREATE VIRTUAL TABLE v USING dbstat", "SAVEPOINT _tandem_transaction",
        "RELEASE _tandem_transaction", "ROLLBACK TO _tandem_transaction", "/* x */ PRAGMA main.writable_schema = 1",
    ]

    @Test(arguments: refused) func aGRDBClosureCannot(_ sql: String) throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        var failed: (any Error)?
        do {
            try pair.group { writer in
                try writer.transaction { try $0.execute(sql: "INSERT INTO a VALUES (1)") }
                do {
                    try writer.transaction { database in
                        try database.execute(sql: "INSERT INTO a VALUES (2)")
                        var isRefusedBySQLite = false
                        do { try database.execute(sql: sql) } catch { isRefusedBySQLite = true }
                        // The closure makes light of what it should not have done.
                        try? database.execute(sql: "INSERT INTO a VALUES (3)")
                        if isRefusedBySQLite { throw CancellationError() }
                    }
                } catch {
                    failed = error
                    throw error
                }
            }
        } catch {}
        #expect(failed != nil)
        let code = (failed as? SQLiteError)?.code
        #expect(code == .refused || code == .groupLost || failed is CancellationError, "\(String(describing: failed))")
        try pair.run("INSERT INTO a VALUES (4)")
        try pair.checkEqual()
        #expect(try !pair.rows("SELECT x FROM a").contains("2"))
        #expect(try pair.primary.read { try Int.fetchOne($0, sql: "PRAGMA foreign_keys") } == 1)
        #expect(try pair.primary.read { try Int.fetchOne($0, sql: "PRAGMA recursive_triggers") } == 0)
        #expect(try pair.primary.read { try Int.fetchOne($0, sql: "PRAGMA ignore_check_constraints") } == 0)
    }

    @Test(arguments: refused) func aSessionCannot(_ sql: String) throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        _ = try? pair.group { writer in
            try writer.beginTransaction()
            let error = #expect(throws: (any Error).self) {
                let statement = try #require(try writer.cachedStatement(sql))
                _ = try statement.step()
                try writer.endTransaction()
            }
            if let error = error as? SQLiteError, !sql.contains("sqlite_") {
                #expect(error.code == .refused, "\(error)")
            }
            if writer.isTransactionOpen { try writer.rollbackTransaction() }
        }
        try pair.run("INSERT INTO a VALUES (4)")
        try pair.checkEqual()
    }

    @Test func incrementalBlobWritesAreRefused() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(id INTEGER PRIMARY KEY, b)", "INSERT INTO a VALUES (1, zeroblob(10))")
        let error = #expect(throws: SQLiteError.self) {
            try pair.group { writer in
                try writer.transaction { database in
                    var blob: OpaquePointer?
                    #expect(sqlite3_blob_open(database.sqliteConnection, "main", "a", "b", 1, 1, &blob) == SQLITE_OK)
                    #expect(sqlite3_blob_write(blob, "xx", 2, 0) == SQLITE_OK)
                    sqlite3_blob_close(blob)
                }
            }
        }
        #expect(error?.code == .refused)
        try pair.checkEqual()
    }

    @Test(arguments: [
        "CREATE TABLE x(rowid, oid, _rowid_); INSERT INTO x VALUES (1, 2, 3)",
        "CREATE TABLE x(v AS (b + 1), id INTEGER PRIMARY KEY, b); INSERT INTO x(b) VALUES (1)",
    ])
    func tablesWhoseRowsCannotBeNamedAreRefused(_ sql: String) throws {
        let pair = try Pair()
        let error = #expect(throws: SQLiteError.self) { try pair.run(sql) }
        #expect(error?.code == .refused)
        try pair.run("CREATE TABLE y(a); INSERT INTO y VALUES (1)")
        try pair.checkEqual()
    }

    @Test func aWriteOutsideOfATransactionIsStopped() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        for sql in [
            "INSERT INTO a VALUES (1)", "CREATE TABLE b(x)", "DROP TABLE a", "PRAGMA user_version = 3",
            "BEGIN IMMEDIATE",
        ] {
            #expect(throws: DatabaseError.self) { try pair.primary.withDatabase { try $0.execute(sql: sql) } }
            #expect(throws: DatabaseError.self) { try pair.primary.read { try $0.execute(sql: sql) } }
            #expect(throws: DatabaseError.self) { try pair.replica.withDatabase { try $0.execute(sql: sql) } }
            #expect(throws: SQLiteError.self) { _ = try pair.primary.cachedStatement(sql)?.step() }
        }
        try pair.run("INSERT INTO a VALUES (1)")
        try pair.checkEqual()
        // Between two transactions of a group, and after its records were taken, as well.
        try pair.primary.beginGroup(into: RecordBuffer(), segment: 1)
        #expect(throws: DatabaseError.self) {
            try pair.primary.withDatabase { try $0.execute(sql: "INSERT INTO a VALUES (2)") }
        }
        try pair.primary.rollbackGroup()
        try pair.checkEqual()
    }

    @Test func aClosureThatGoesOnAfterALostGroupWritesNothing() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x UNIQUE); INSERT INTO a VALUES (1)")
        #expect(throws: SQLiteError.self) {
            try pair.group { writer in
                try writer.transaction { database in
                    try? database.execute(sql: "INSERT OR ROLLBACK INTO a VALUES (1)")
                    try? database.execute(sql: "INSERT INTO a VALUES (2)")
                    try? database.execute(sql: "BEGIN IMMEDIATE; INSERT INTO a VALUES (3); COMMIT")
                    try? database.execute(sql: "CREATE TABLE b(x)")
                }
            }
        }
        try pair.checkEqual()
    }

    @Test func aReplacedTraceHookIsNoticed() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        let error = #expect(throws: SQLiteError.self) {
            try pair.group { writer in
                try writer.transaction { database in
                    database.trace { _ in }
                    try database.execute(sql: "CREATE TABLE unseen(x)")
                }
            }
        }
        #expect(error?.code == .captureFailed && error?.message.contains("hook") == true)
        try pair.run("INSERT INTO a VALUES (1)", "CREATE TABLE seen(x)")
        try pair.checkEqual()
    }

    @Test func aReplacedPreupdateHookIsNoticed() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        let error = #expect(throws: SQLiteError.self) {
            try pair.group { writer in
                try writer.transaction { database in
                    ctandem_set_change_hook(database.sqliteConnection, nil, nil)
                    try database.execute(sql: "INSERT INTO a VALUES (1)")
                }
            }
        }
        #expect(error?.code == .captureFailed)
    }
}
