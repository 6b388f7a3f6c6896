import Foundation
import GRDB
import TandemLog
import Testing

@testable import TandemSQLite

@Suite struct ReaderPoolTests {
    private func pool(_ pair: Pair, maximum: Int) -> ReaderPool {
        var options = ReaderPool.Options()
        options.maximumCount = maximum
        return ReaderPool(path: pair.primaryPath, options: options)
    }

    @Test func readersSeeWhatIsCommittedAndNothingElse() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (1)")
        let pool = pool(pair, maximum: 4)
        defer { pool.close() }
        func count() throws -> Int? { try pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") } }
        try pair.group { writer in
            try writer.transaction { try $0.execute(sql: "INSERT INTO a VALUES (2)") }
            #expect(try count() == 1)
        }
        #expect(try count() == 2)
        #expect(pool.openCount == 1)
    }

    @Test func aReadTransactionOverManyCallsSeesOneState() throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (1)")
        let pool = pool(pair, maximum: 2)
        defer { pool.close() }
        let reader = try pool.checkOut()
        try reader.beginRead()
        let before = try reader.appliedPosition()
        try pair.run("INSERT INTO a VALUES (2)")
        #expect(try reader.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") } == 1)
        #expect(try reader.appliedPosition() == before)
        #expect(reader.isReading)
        pool.checkIn(reader)
        let again = try pool.checkOut()
        #expect(again === reader)
        #expect(!again.isReading)
        #expect(try again.appliedPosition() == pair.primary.applied)
        pool.checkIn(again)
    }

    /// Its statements are prepared once, and the schema changes under them.
    @Test func aTransactionThatBeginsAtAPositionSeesThatStateHoweverTheSchemaChanges() throws {
        let pair = try Pair()
        let pool = pool(pair, maximum: 1)
        defer { pool.close() }
        for number in 1...3 {
            try pair.run("CREATE TABLE t\(number)(x)")
            let reader = try pool.checkOut()
            #expect(try reader.beginReadAtPosition() == pair.primary.applied)
            try pair.run("CREATE TABLE later\(number)(x)")
            let tables = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'later%'"
            #expect(try reader.read { try Int.fetchOne($0, sql: tables) } == number - 1)
            #expect(try reader.appliedPosition() != pair.primary.applied)
            #expect(reader.isReading)
            pool.checkIn(reader)
            #expect(!reader.isReading)
            #expect(try reader.appliedPosition() == pair.primary.applied)
            #expect(!reader.isReading, "nothing keeps what was asked for")
        }
        #expect(pool.openCount == 1)
    }

    @Test func thereAreNoMoreReadersThanAllowed() throws {
        let pair = try Pair()
        let pool = pool(pair, maximum: 2)
        let readers = try [pool.checkOut(), pool.checkOut()]
        let error = #expect(throws: SQLiteError.self) { try pool.checkOut(timeout: .milliseconds(20)) }
        #expect(error?.code == .noReader)
        #expect(pool.busyCount == 2)
        pool.checkIn(readers[0])
        #expect(try pool.checkOut(timeout: .milliseconds(20)) === readers[0])
        pool.checkIn(readers[0])
        pool.checkIn(readers[1])
        pool.close()
        #expect(throws: SQLiteError.self) { try pool.checkOut() }
        #expect(pool.openCount == 0)
    }

    @Test func manyThreadsAndTasksShareFewReaders() async throws {
        let pair = try Pair()
        try pair.run("CREATE TABLE a(x)", "INSERT INTO a VALUES (1), (2), (3)")
        let pool = pool(pair, maximum: 3)
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<60 {
                group.addTask {
                    guard number % 2 == 0 else {
                        return try pool.read { try Int.fetchOne($0, sql: "SELECT sum(x) FROM a") ?? 0 }
                    }
                    let reader = try await pool.checkOut()
                    defer { pool.checkIn(reader) }
                    return try reader.read { try Int.fetchOne($0, sql: "SELECT sum(x) FROM a") ?? 0 }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(total == 360)
        #expect(pool.openCount <= 3)
        #expect(pool.busyCount == 0)
        pool.close()
    }

    @Test func aCancelledTaskLeavesTheQueue() async throws {
        let pair = try Pair()
        let pool = pool(pair, maximum: 1)
        let reader = try await pool.checkOut()
        #expect(try pool.checkOutIfFree() == nil)
        let tasks = (0..<20).map { _ in Task { pool.checkIn(try await pool.checkOut()) } }
        for task in tasks {
            await Task.yield()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        pool.checkIn(reader)
        let again = try #require(try pool.checkOutIfFree())
        pool.checkIn(again)
        #expect(pool.busyCount == 0)
        pool.close()
    }

    @Test func whoeverWaitsHearsOfTheClosing() async throws {
        let pair = try Pair()
        let pool = pool(pair, maximum: 1)
        let reader = try await pool.checkOut()
        let waiting = Task { try await pool.checkOut() }
        pool.close()
        await #expect(throws: SQLiteError.self) { _ = try await waiting.value }
        pool.checkIn(reader)
        #expect(pool.openCount == 0)
    }
}
