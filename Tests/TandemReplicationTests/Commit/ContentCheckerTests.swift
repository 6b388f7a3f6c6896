import Foundation
import TandemLog
import TandemSQLite
import Testing

@testable import TandemReplication

@Suite struct ContentCheckerTests {
    @Test func aTableThatCouldNotBeReadIsTriedAgain() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("db.sqlite").path
        let writer = try WriterConnection.open(path: path)
        defer { try? writer.close() }
        try writer.beginGroup(into: RecordBuffer(), segment: 1)
        try writer.beginTransaction()
        try writer.run("CREATE TABLE book(id INTEGER PRIMARY KEY)")
        _ = try writer.endTransaction()
        _ = try writer.takeRecords()
        try writer.commitGroup(applied: Position(epoch: DatabaseThreadBed.epoch, index: 1))
        // Another program writes: what it has written is looked for.
        try DatabaseFile(path, .readWrite).execute("INSERT INTO book VALUES (1)")
        try writer.beginGroup(into: RecordBuffer(), segment: 1)
        try writer.rollbackGroup()
        let work = try writer.contentWork().filter { $0.table == "book" }
        #expect(work.count == 1)

        let attempts = Monitor(0)
        let results = Monitor<[ContentResult]>([])
        var options = ConnectionOptions()
        options.prepare = { _, _ in
            let attempt = attempts.withLock { count in
                count += 1
                return count
            }
            if attempt == 1 { throw SQLiteError(.engine, "too many open files") }
        }
        let checker = ContentChecker(path: path, options: options, pauseAfterFailure: .milliseconds(5)) { finding in
            if case .sum(let result) = finding { results.signal { $0.append(result) } }
        }
        checker.set(work)
        let result = try #require(results.wait(until: .now + .seconds(30)) { $0.first })
        checker.stop()
        #expect(attempts.withLock { $0 } == 2)
        try writer.take(result)
        #expect(writer.takeNewDrifts().map(\.table) == ["book"])
    }
}
