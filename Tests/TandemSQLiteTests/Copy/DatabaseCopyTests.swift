import Foundation
import GRDB
import Testing

@testable import TandemSQLite

@Suite struct DatabaseCopyTests {
    /// Rows of before the copy began are in it, and none of those that are written while it is made.
    @Test func aCopyIsOfOneMomentWhateverIsWrittenMeanwhile() throws {
        let pair = try Pair()
        try pair.group { writer in
            try writer.transaction { database in
                try database.execute(sql: "CREATE TABLE entry (text TEXT)")
                for _ in 0..<2000 { try database.execute(sql: "INSERT INTO entry VALUES (hex(randomblob(500)))") }
                try database.execute(sql: "DELETE FROM entry WHERE rowid % 3 = 0")
            }
        }
        let applied = pair.primary.applied
        let path = pair.directory.appendingPathComponent("copy.db").path
        let copy = try DatabaseCopy(of: pair.primaryPath, to: path)
        #expect(copy.applied == applied)
        var steps = 0
        while try !copy.step(pages: 16) {
            steps += 1
            guard steps % 10 == 0 else { continue }
            try pair.group { writer in
                try writer.transaction { try $0.execute(sql: "INSERT INTO entry VALUES ('meanwhile')") }
            }
            try pair.primary.checkpointIfNeeded(evenIfShort: true)
        }
        #expect(steps > 20)
        copy.finish()
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        #expect(size == Int(copy.byteCount))

        let opened = try DatabaseQueue(path: path)
        let (rows, meanwhile, rowids, check) = try opened.read { database in
            (
                try Int.fetchOne(database, sql: "SELECT count(*) FROM entry"),
                try Int.fetchOne(database, sql: "SELECT count(*) FROM entry WHERE text = 'meanwhile'"),
                // Rows are replicated by their rowids: those must be the same.
                try Int.fetchOne(database, sql: "SELECT count(*) FROM entry WHERE rowid % 3 = 0"),
                try String.fetchOne(database, sql: "PRAGMA integrity_check")
            )
        }
        #expect(rows == 1334 && meanwhile == 0 && rowids == 0 && check == "ok")
        try opened.close()
    }

    @Test func aLongReadDoesNotMakeEachGroupLookAtTheWholeWriteAheadLog() throws {
        var options = ConnectionOptions()
        options.checkpointPages = 10
        let pair = try Pair(options: options)
        try pair.group { writer in
            try writer.transaction { try $0.execute(sql: "CREATE TABLE entry (text TEXT)") }
        }
        let reader = try ReaderConnection(path: pair.primaryPath)
        try reader.beginRead()
        var attempts = 0
        for _ in 0..<100 {
            if pair.primary.mustCheckpoint { attempts += 1 }
            try pair.group { writer in
                try writer.transaction { try $0.execute(sql: "INSERT INTO entry VALUES (hex(randomblob(2000)))") }
            }
        }
        #expect(attempts > 1 && attempts < 30)
        reader.endRead()
        #expect(try pair.primary.checkpointIfNeeded(evenIfShort: true))
        #expect(!pair.primary.mustCheckpoint && pair.primary.durableAppliedIndex == pair.primary.applied.position.index)
        try reader.close()
    }

    /// A pair whose primary's write-ahead log was begun anew in a file of 100 MB.
    private static func pairWithLongLog() throws -> Pair {
        let pair = try Pair()
        try pair.run("CREATE TABLE entry (data BLOB)")
        let reader = try ReaderConnection(path: pair.primaryPath)
        try reader.beginRead()
        for _ in 0..<100 { try pair.run("INSERT INTO entry VALUES (zeroblob(1000000))") }
        reader.endRead()
        try reader.close()
        #expect(try pair.primary.checkpointIfNeeded(evenIfShort: true))
        try pair.run("INSERT INTO entry VALUES (0)")
        return pair
    }

    /// Another program's pages lie where the file would be cut.
    @Test func aWriteAheadLogIsNotCutOnceAnotherProgramHasWrittenToIt() throws {
        let pair = try Self.pairWithLongLog()
        #expect(pair.primary.wantsShorterLog)
        let other = try DatabaseQueue(path: pair.primaryPath)
        try other.write { database in
            for _ in 0..<90 { try database.execute(sql: "INSERT INTO entry VALUES (zeroblob(1000000))") }
        }
        for _ in 0..<20 { pair.primary.shortenLog() }
        #expect(!pair.primary.wantsShorterLog)
        let (rows, check) = try other.read {
            (
                try Int.fetchOne($0, sql: "SELECT count(*) FROM entry"),
                try String.fetchOne($0, sql: "PRAGMA integrity_check")
            )
        }
        #expect(rows == 191 && check == "ok")
        try other.close()
    }

    /// To cut a file of GiBs takes hundreds of milliseconds, in which nobody writes.
    @Test func aWriteAheadLogThatGrewBehindALongReadIsCutPieceByPiece() throws {
        let pair = try Self.pairWithLongLog()
        let path = pair.primaryPath + "-wal"
        var sizes: [Int] = []
        for number in 0..<100 {
            try pair.run("INSERT INTO entry VALUES (\(number))")
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            sizes.append(try #require(size))
        }
        #expect(sizes[0] > 90_000_000 && sizes.last == 64 << 20)
        #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0 - $1 <= 8 << 20 })
        let reader = try ReaderConnection(path: pair.primaryPath)
        let (sum, check) = try reader.read {
            (
                try Int.fetchOne(
                    $0, sql: "SELECT sum(CASE typeof(data) WHEN 'blob' THEN length(data) ELSE data END) FROM entry"),
                try String.fetchOne($0, sql: "PRAGMA integrity_check")
            )
        }
        #expect(sum == 100_000_000 + 4950 && check == "ok")
        try reader.close()
    }

    enum Foreign: CaseIterable { case none, unnoticed, awaitsItsScan }

    @Test(arguments: Foreign.allCases) func aCopyTellsNoSumsThatItsRowsMayNotHave(_ foreign: Foreign) throws {
        let pair = try Pair()
        try pair.run(
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT); CREATE TABLE other (a)",
            "INSERT INTO entry VALUES (1, 'one'), (2, 'two')")
        if foreign != .none {
            let program = try DatabaseQueue(path: pair.primaryPath)
            try program.write { try $0.execute(sql: "UPDATE entry SET text = 'foreign' WHERE id = 1") }
            try program.close()
        }
        if foreign == .awaitsItsScan { try pair.run("INSERT INTO other VALUES (1)") }
        let path = pair.directory.appendingPathComponent("copy.db").path
        let copy = try DatabaseCopy(of: pair.primaryPath, to: path)
        while try !copy.step(pages: 100) {}
        copy.finish()
        try copy.forgetUnprovedSums()
        // A node believes what it has installed.
        WriterConnection.trustContent(of: path)
        let taker = try WriterConnection.open(path: path)
        defer { try? taker.close() }
        #expect(try taker.contentWork().contains { $0.table == "entry" } == (foreign != .none))
        try pair.scanContent(taker, path)
        let contents = try #require(taker.contents)
        let table = try #require(contents.tables["entry"])
        let shape = try #require(try contents.shapes.read("entry"))
        #expect(try table.isKnown && table.sum == ContentScan.sum(contents.handle, shape))
        #expect(taker.drifts.isEmpty)
    }
}
