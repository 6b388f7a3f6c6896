import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

/// What the sums of the tables' rows show, and what they must not.
@Suite struct ContentTests {
    /// Another replica, that can be closed and opened.
    final class Other {
        let pair: Pair
        let path: String
        var options = ConnectionOptions()
        private(set) var writer: WriterConnection

        init(_ pair: Pair) throws {
            self.pair = pair
            path = pair.directory.appendingPathComponent("other-\(UUID().uuidString).db").path
            writer = try .open(path: path, options: options)
            try writer.startApplying()
            try catchUp()
        }

        deinit { try? writer.close() }

        /// Applies what the primary has committed since.
        func catchUp() throws {
            for batch in pair.batches {
                try writer.apply(batch, through: batch.lastIndex, history: pair.history)
            }
        }

        /// Closes the database, has another program change it, and opens it again.
        func change(_ sql: String) throws {
            try writer.close()
            try foreign(sql)
            try reopen()
        }

        func foreign(_ sql: String) throws {
            try waitForAnotherTime()
            let queue = try DatabaseQueue(path: path)
            try queue.write { try $0.execute(sql: sql) }
            try queue.close()
        }

        /// The clock of the file system may stand still for some milliseconds.
        private func waitForAnotherTime() throws {
            let probe = path + "-probe"
            func time(_ path: String) throws -> Date? {
                try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
            }
            let last = try time(path)
            repeat { try Data([1]).write(to: URL(fileURLWithPath: probe)) } while try time(probe) == last
        }

        func reopen() throws {
            writer = try .open(path: path, options: options)
            try writer.startApplying()
        }

        /// Adds up what is to be added up, as a node does beside its work.
        func scan() throws { try pair.scanContent(writer, path) }

        /// The table that a change of the primary's was found to differ with.
        func drift(after sql: String) throws -> SQLiteError? {
            try pair.run(sql)
            do {
                try catchUp()
                return nil
            } catch let error as SQLiteError {
                return error
            }
        }
    }

    private func library() throws -> Pair {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT, price REAL)",
            "CREATE TABLE shelf(room TEXT, number INTEGER, PRIMARY KEY(room, number)) WITHOUT ROWID",
            "INSERT INTO book VALUES (1, 'Emma', 3), (2, 'Persuasion', 4.5); INSERT INTO shelf VALUES ('east', 1)")
        return pair
    }

    @Test func aValueChangedWhileTheReplicaWasStoppedIsFoundWithTheNextChangeOfItsTable() throws {
        let other = try Other(try library())
        try other.change("UPDATE book SET title = 'Sanditon' WHERE id = 2")
        #expect(try other.drift(after: "INSERT INTO shelf VALUES ('west', 2)") == nil)
        let error = try #require(try other.drift(after: "UPDATE book SET title = 'Emma!' WHERE id = 1"))
        #expect(error.code == .contentDiffers && error.table == "book")
        #expect(error.message.contains("Record 5 "), "\(error.message)")
        // It is remembered, and nothing is applied any more.
        try other.writer.close()
        try other.reopen()
        #expect(other.writer.drifts.map { $0.table } == ["book"])
        #expect(try other.drift(after: "INSERT INTO shelf VALUES ('west', 3)")?.table == "book")
    }

    @Test(arguments: [
        "DELETE FROM shelf", "UPDATE shelf SET number = 7", "INSERT INTO shelf VALUES ('', '')",
        "UPDATE shelf SET number = 1.5", "UPDATE shelf SET room = CAST(room AS BLOB)",
    ])
    func anyForeignChangeIsFoundWithoutAnotherOneToTheTable(_ sql: String) throws {
        let other = try Other(try library())
        try other.change(sql)
        try other.scan()
        let drifts = other.writer.takeNewDrifts()
        #expect(drifts.map(\.table) == ["shelf"] && drifts.first?.index == 3, "\(drifts)")
    }

    @Test(arguments: ["DROP TABLE book", "ALTER TABLE book ADD COLUMN lent TEXT"])
    func aForeignChangeOfTheSchemaIsFoundWhenTheDatabaseIsOpened(_ sql: String) throws {
        let other = try Other(try library())
        try other.change(sql)
        #expect(other.writer.drifts.map { $0.table } == ["book"])
    }

    @Test func aForeignChangeBesideTheRunningNodeIsFound() throws {
        let other = try Other(try library())
        try other.foreign("UPDATE book SET price = 0 WHERE id = 1")
        #expect(try other.drift(after: "INSERT INTO book VALUES (3, 'Lady Susan', 1)")?.table == "book")
    }

    @Test func aForeignChangeThatAwaitsItsScanIsNotForgottenInACrash() throws {
        let pair = try library()
        try pair.run("CREATE TABLE other(a)")
        let path = pair.directory.appendingPathComponent("crashed.db").path
        let foreign = try DatabaseQueue(path: pair.primaryPath)
        try foreign.write { try $0.execute(sql: "UPDATE book SET title = 'Sanditon' WHERE id = 2") }
        try foreign.close()
        // The node notices it, and is killed: the database stays as it is, with the mark beside it.
        try pair.run("INSERT INTO other VALUES (1)")
        try pair.primary.checkpointIfNeeded(evenIfShort: true)
        try pair.run("INSERT INTO other VALUES (2)")
        for suffix in ["", "-wal", "-content"] {
            try FileManager.default.copyItem(atPath: pair.primaryPath + suffix, toPath: path + suffix)
        }
        let writer = try WriterConnection.open(path: path)
        defer { try? writer.close() }
        try pair.scanContent(writer, path)
        #expect(writer.takeNewDrifts().map(\.table) == ["book"])
    }

    @Test func aDatabaseThatNobodyTouchedIsNotReadAgain() throws {
        let other = try Other(try library())
        try other.writer.close()
        try other.reopen()
        #expect(try other.writer.contentWork().isEmpty)
        // Somebody wrote to it, and it is as before: it is read, and found right.
        try other.change("SELECT 1")
        try other.change("UPDATE book SET price = price + 1; UPDATE book SET price = price - 1")
        #expect(try !other.writer.contentWork().isEmpty)
        try other.scan()
        #expect(try other.writer.contentWork().isEmpty && other.writer.takeNewDrifts().isEmpty)
        #expect(try other.drift(after: "DELETE FROM book") == nil)
    }

    @Test func whoSaysReportGoesOnAndSaysItOnce() throws {
        let other = try Other(try library())
        other.options.onDrift = .report
        try other.change("UPDATE book SET title = NULL")
        #expect(try other.drift(after: "DELETE FROM book WHERE id = 1") == nil)
        #expect(other.writer.takeNewDrifts().map(\.table) == ["book"])
        #expect(try other.drift(after: "DELETE FROM book WHERE id = 2") == nil)
        #expect(other.writer.takeNewDrifts().isEmpty)
        #expect(other.writer.drifts.map { $0.index } == [4])
    }

    @Test(arguments: [
        ("DELETE FROM book WHERE id = 2", "UPDATE book SET title = 'Emma!' WHERE id = 2"),
        ("DELETE FROM book WHERE id = 2", "DELETE FROM book WHERE id = 2"),
        ("INSERT INTO book VALUES (9, 'Sanditon', 1)", "INSERT INTO book VALUES (9, 'Lady Susan', 1)"),
        ("DROP TABLE book", "INSERT INTO book VALUES (9, 'Lady Susan', 1)"),
    ])
    func whoSaysReportGoesOnWithoutChangesThatDoNotFit(_ foreign: String, _ sql: String) throws {
        let other = try Other(try library())
        other.options.onDrift = .report
        try other.change(foreign)
        #expect(try other.drift(after: "\(sql); INSERT INTO shelf VALUES ('west', 2)") == nil)
        #expect(try other.drift(after: "UPDATE shelf SET number = 3 WHERE room = 'west'") == nil)
        #expect(other.writer.applied.position.index == other.pair.end.index)
        #expect(other.writer.drifts.map { $0.table } == ["book"])
        let count = try other.writer.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM shelf WHERE number = 3") }
        #expect(count == 1)
        // The table that does not differ is compared as before.
        try other.change("DELETE FROM shelf")
        #expect(try other.drift(after: "INSERT INTO shelf VALUES ('north', 4)") == nil)
        #expect(other.writer.takeNewDrifts().contains { $0.table == "shelf" })
    }

    @Test func anEntryIsRemovedByALaterGroupIfItsOwnIsRolledBack() throws {
        let pair = try library()
        let path = pair.directory.appendingPathComponent("lone.db").path
        var without = ConnectionOptions()
        without.keepsContentSums = false
        func run(_ sql: String, _ index: LogIndex, options: ConnectionOptions = ConnectionOptions()) throws {
            let writer = try WriterConnection.open(path: path, options: options)
            defer { try? writer.close() }
            for isRolledBack in [true, false] {
                try writer.beginGroup(into: RecordBuffer(), segment: 1)
                try writer.transaction { try $0.execute(sql: sql) }
                _ = try writer.takeRecords()
                let position = Position(epoch: pair.epoch, index: index)
                try writer.prepareCommit(applied: position)
                if isRolledBack { try writer.rollbackGroup() } else { try writer.commitGroup(applied: position) }
            }
        }
        try run("CREATE TABLE gone(a); CREATE TABLE here(a)", 1)
        try run("DROP TABLE gone", 2, options: without)
        try run("INSERT INTO here VALUES (1)", 3)
        let writer = try WriterConnection.open(path: path)
        #expect(writer.drifts.isEmpty, "\(writer.drifts)")
        try writer.close()
    }

    @Test func aDatabaseFromBeforeTheChecksumsGetsThem() throws {
        let other = try Other(try library())
        try other.change("DROP TABLE _tandem_checksum")
        #expect(try other.drift(after: "INSERT INTO book VALUES (3, 'Lady Susan', 1)") == nil)
        try other.scan()
        let contents = try #require(other.writer.contents)
        #expect(contents.isProved && contents.tables["book"]?.sum == other.pair.primary.contents?.tables["book"]?.sum)
        #expect(try other.drift(after: "DELETE FROM book WHERE id = 3") == nil)
    }

    @Test func whatAVersionWithoutChecksumsHasAppliedDoesNotCount() throws {
        let other = try Other(try library())
        // Such a version moves the rows and the applied index, and nothing else.
        try other.change("UPDATE book SET price = 9; UPDATE _tandem_state SET applied_index = applied_index + 1")
        #expect(other.writer.contents?.tables["book"]?.isKnown == false)
        try other.scan()
        #expect(other.writer.takeNewDrifts().isEmpty)
    }

    @Test func aLogWithoutChecksumsIsApplied() throws {
        var options = ConnectionOptions()
        options.keepsContentSums = false
        let pair = try Pair(options: options)
        try pair.run("CREATE TABLE t(a)", "INSERT INTO t VALUES (1)")
        #expect(try !pair.lastChanges().contains { if case .contentChecksum = $0 { true } else { false } })
        let other = try Other(pair)
        #expect(other.writer.contents?.isProved == true)
    }

    @Test func aTransactionTellsTheSumsOfWhatItChanged() throws {
        let pair = try library()
        try pair.run("DELETE FROM book WHERE id = 1")
        let sums = try pair.lastChanges().compactMap { change -> ContentChecksum? in
            if case .contentChecksum(let sum) = change { sum } else { nil }
        }
        #expect(sums.map(\.rowCount) == [1])
        #expect(sums.first?.sum == pair.primary.contents?.tables["book"]?.sum.sum)
    }

    @Test func aColumnAddedWithADefaultIsAddedUpWhileRowsChange() throws {
        let pair = try library()
        try pair.run("ALTER TABLE book ADD COLUMN lent TEXT DEFAULT 'no'")
        #expect(pair.primary.contents?.tables["book"]?.isKnown == false)
        let work = try pair.primary.contentWork()
        let reader = try ReaderConnection(path: pair.primaryPath)
        let item = try #require(work.first)
        let reading = try #require(try ContentReading(item, on: reader))
        #expect(try reading.step(rows: 1) == nil)
        // Rows from before the column: the hook says NULL of them.
        try pair.run("UPDATE book SET price = 1 WHERE id = 2", "DELETE FROM book WHERE id = 1")
        try pair.primary.take(try #require(try reading.step(rows: 10)))
        try pair.checkEqual()
    }

    @Test func sumsReturnWithWhatIsRolledBack() throws {
        let pair = try library()
        let before = pair.primary.contents?.tables.mapValues(\.sum)
        try pair.primary.beginGroup(into: RecordBuffer(), segment: 1)
        try pair.primary.transaction {
            try $0.execute(
                sql: """
                    DELETE FROM book; SAVEPOINT s; ALTER TABLE shelf RENAME TO rack; INSERT INTO rack VALUES ('up', 1);
                    ROLLBACK TO s; DROP TABLE book
                    """)
        }
        _ = try pair.primary.takeRecords()
        try pair.primary.rollbackGroup()
        #expect(pair.primary.contents?.tables.mapValues(\.sum) == before)
        try pair.run("INSERT INTO book(title) VALUES ('Emma')")
        try pair.checkEqual()
    }

    @Test func aRenamedTableKeepsItsSum() throws {
        let pair = try library()
        let before = pair.primary.contents?.tables["book"]?.sum
        try pair.run("ALTER TABLE book RENAME TO volume", "ALTER TABLE volume RENAME COLUMN title TO name")
        #expect(pair.primary.contents?.tables["volume"]?.sum == before && pair.primary.contents?.tables["book"] == nil)
        try pair.checkEqual()
    }
}
