import CTandemSQLite
import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

@Suite struct WriterTests {
    @Test func theAppliedPositionChangesWithTheRows() throws {
        let pair = try Pair()
        #expect(pair.primary.applied == .none)
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (1)")
        let position = Position(epoch: pair.epoch, index: 2)
        #expect(pair.primary.applied.position == position)
        #expect(pair.replica.applied.position == position)
        try pair.primary.beginGroup(into: RecordBuffer(), segment: 1)
        try pair.primary.transaction { try $0.execute(sql: "INSERT INTO a VALUES (2)") }
        _ = try pair.primary.takeRecords()
        try pair.primary.rollbackGroup()
        try pair.primary.close()
        let again = try WriterConnection.open(path: pair.primaryPath)
        #expect(again.applied.position == position)
        #expect(try again.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") } == 1)
        try again.close()
    }

    @Test func aCheckpointMakesTheAppliedIndexDurable() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (1)")
        #expect(pair.primary.durableAppliedIndex == 0)
        #expect(pair.primary.walPages > 0)
        #expect(try !pair.primary.checkpointIfNeeded())
        #expect(try pair.primary.checkpointIfNeeded(evenIfShort: true))
        #expect(pair.primary.durableAppliedIndex == 2)
        // A reader that holds on to an older state keeps the checkpoint from being whole.
        let reader = try ReaderConnection(path: pair.primaryPath)
        try reader.beginRead()
        try pair.run("INSERT INTO a VALUES (2)")
        #expect(try !pair.primary.checkpointIfNeeded(evenIfShort: true))
        #expect(pair.primary.durableAppliedIndex == 2)
        reader.endRead()
        #expect(try pair.primary.checkpointIfNeeded(evenIfShort: true))
        #expect(pair.primary.durableAppliedIndex == 3)
        try reader.close()
    }

    @Test func aLongWriteAheadLogThatACrashLeftIsEmptiedAtTheNextStart() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (zeroblob(20000000))")
        // What the disk has while the writer runs is what a crash leaves.
        let crashed = pair.primaryPath + ".crashed"
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: pair.primaryPath + suffix, toPath: crashed + suffix)
        }
        let size = { try FileManager.default.attributesOfItem(atPath: crashed + "-wal")[.size] as? Int }
        #expect(try #require(try size()) > 20_000_000)
        let writer = try WriterConnection.open(path: crashed)
        #expect(try #require(try size()) < 100_000)
        #expect(writer.durableAppliedIndex == 2)
        #expect(try writer.read { try Int.fetchOne($0, sql: "SELECT sum(length(x)) FROM a") } == 20_000_000)
        try writer.close()
    }

    @Test(arguments: [Database.CheckpointMode.passive, .full, .restart, .truncate])
    func aClosureOnAReaderCannotCheckpoint(_ mode: Database.CheckpointMode) throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (1)")
        let reader = try ReaderConnection(path: pair.primaryPath)
        _ = try reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") }
        // All is copied, so that nothing is left to do that would need to write into the database.
        #expect(try pair.primary.checkpointIfNeeded(evenIfShort: true))
        let error = #expect(throws: DatabaseError.self) { try reader.read { try $0.checkpoint(mode) } }
        #expect(error?.resultCode == .SQLITE_LOCKED)
        #expect(throws: DatabaseError.self) {
            try reader.read { try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: pair.primaryPath + "-wal")
        let size = try #require(attributes[.size] as? Int)
        #expect(size > 0)
        try reader.close()
        try pair.run("INSERT INTO a VALUES (2)")
        try pair.checkEqual()
    }

    @Test func closingAReaderLeavesTheWriteAheadLog() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (1)")
        let reader = try ReaderConnection(path: pair.primaryPath)
        _ = try reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") }
        let wal = pair.primaryPath + "-wal"
        let size = { try FileManager.default.attributesOfItem(atPath: wal)[.size] as? Int }
        let before = try #require(try size())
        #expect(before > 0)
        // While somebody reads the writer cannot empty it.
        try reader.beginRead()
        try pair.primary.close()
        reader.endRead()
        try reader.close()
        #expect(try size() == before)
        let again = try WriterConnection.open(path: pair.primaryPath)
        #expect(try again.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") } == 1)
        try again.close()
    }

    @Test func applyingAndWritingTakeTurnsWithAllSettingsAsTheyWere() throws {
        let pair = try Pair()
        try pair.run(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY CHECK (id < 100)); CREATE TABLE c(p REFERENCES p); CREATE TABLE log(m);
            CREATE TRIGGER t AFTER INSERT ON p BEGIN INSERT INTO log VALUES (new.id); END; INSERT INTO p VALUES (1)
            """)
        let replica = pair.replica
        #expect(throws: (any Error).self) { try replica.beginGroup(into: RecordBuffer(), segment: 1) }
        let tables = try #require(replica.applier?.decoder.tables)
        try replica.stopApplying()
        try replica.beginGroup(into: RecordBuffer(), segment: 1)
        for sql in ["INSERT INTO c VALUES (9)", "INSERT INTO p VALUES (500)"] {
            #expect(throws: DatabaseError.self) { try replica.transaction { try $0.execute(sql: sql) } }
        }
        try replica.transaction { try $0.execute(sql: "INSERT INTO p VALUES (2)") }
        #expect(try replica.read { try Int.fetchAll($0, sql: "SELECT m FROM log") } == [1, 2])
        try replica.rollbackGroup()
        try replica.startApplying(tables: tables)
        #expect(throws: (any Error).self) { try replica.startApplying() }
        try pair.run("INSERT INTO p VALUES (3)")
        try pair.checkEqual()
    }

    @Test func observersOfGRDBHearOfGroups() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        final class Observer: TransactionObserver {
            var changes = 0
            var commits = 0
            var rollbacks = 0
            func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { eventKind.tableName == "a" }
            func databaseDidChange(with event: DatabaseEvent) { changes += 1 }
            func databaseDidCommit(_ db: Database) { commits += 1 }
            func databaseDidRollback(_ db: Database) { rollbacks += 1 }
        }
        let observer = Observer()
        try pair.primary.withDatabase { $0.add(transactionObserver: observer) }
        try pair.group { writer in
            try writer.transaction { try $0.execute(sql: "INSERT INTO a VALUES (1)") }
            try writer.transaction { try $0.execute(sql: "INSERT INTO a VALUES (2); DELETE FROM a") }
        }
        #expect(observer.changes == 4)
        #expect(observer.commits == 1)
        try pair.primary.beginGroup(into: RecordBuffer(), segment: 1)
        try pair.primary.transaction { try $0.execute(sql: "INSERT INTO a VALUES (3)") }
        try pair.primary.rollbackGroup()
        #expect(observer.rollbacks == 1)
        try pair.checkEqual()
    }

    @Test func recordsOfGRDBArrive() throws {
        struct Book: Codable, FetchableRecord, MutablePersistableRecord, Equatable {
            var id: Int64?
            var title: String
            var price: Double?
            mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
        }
        let pair = try Pair()
        try pair.group { writer in
            try writer.transaction { database in
                try database.create(table: "book") { table in
                    table.autoIncrementedPrimaryKey("id")
                    table.column("title", .text).notNull().unique()
                    table.column("price", .double)
                }
            }
        }
        try pair.group { writer in
            try writer.transaction { database in
                var book = Book(title: "One")
                try book.insert(database)
                #expect(book.id == 1)
                book.price = 2.5
                try book.update(database)
                var other = Book(id: nil, title: "Two", price: 1)
                try other.save(database)
                try other.upsert(database)
                try database.inSavepoint {
                    var gone = Book(title: "Three")
                    try gone.insert(database)
                    return .rollback
                }
                _ = try Book.filter(key: 2).deleteAll(database)
            }
        }
        try pair.checkEqual()
        #expect(try pair.replica.read { try Book.fetchAll($0) } == [Book(id: 1, title: "One", price: 2.5)])
    }

    @Test func aTransactionClosureCannotBeginOrCommitByItself() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)")
        let error = #expect(throws: SQLiteError.self) {
            try pair.group { writer in
                try writer.transaction { database in
                    try database.execute(sql: "INSERT INTO a VALUES (1)")
                    var error: (any Error)?
                    do { try database.commit() } catch let failed { error = failed }
                    #expect(error is DatabaseError)
                    #expect(database.isInsideTransaction)
                }
            }
        }
        #expect(error?.code == .refused)
        #expect(try pair.primary.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") } == 0)
    }

    @Test func anotherWriterInTheSameFileIsLockedOut() throws {
        let pair = try Pair()
        var options = ConnectionOptions()
        options.busyTimeout = .milliseconds(1)
        try pair.primary.beginGroup(into: RecordBuffer(), segment: 1)
        #expect(throws: (any Error).self) { try WriterConnection.open(path: pair.primaryPath, options: options) }
        try pair.primary.rollbackGroup()
    }
}
