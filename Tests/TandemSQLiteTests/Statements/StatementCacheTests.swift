import Foundation
import Testing

@testable import TandemSQLite

@Suite struct StatementCacheTests {
    private func withWriter(_ body: (WriterConnection) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "tandem-statements-" + UUID().uuidString + ".sqlite"
        let writer = try WriterConnection.open(path: path)
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        try body(writer)
        try writer.close()
    }

    /// Prepares it, and gives it back.
    private func run(_ sql: String, on writer: WriterConnection) throws -> PreparedStatement {
        let statement = try #require(try writer.cachedStatement(sql))
        writer.giveBack(statement)
        return statement
    }

    @Test func whatIsLargeIsNotKept() throws {
        try withWriter { writer in
            let brief = "SELECT 1"
            let long = "SELECT 1 IN (\(Array(repeating: "1", count: 200_000).joined(separator: ",")))"
            let (first, second) = (try run(brief, on: writer), try run(long, on: writer))
            #expect(second.byteCount > 1 << 20)
            #expect(try run(brief, on: writer) === first)
            #expect(try run(long, on: writer) !== second)
        }
    }

    /// 30 of some hundred KiB are more than a connection may keep.
    @Test func manyGiveWayToLaterOnes() throws {
        try withWriter { writer in
            let texts = (0..<30).map { number in
                "SELECT \(number) IN (\(Array(repeating: "1", count: 3_000).joined(separator: ",")))"
            }
            let statements = try texts.map { try run($0, on: writer) }
            #expect(statements[0].byteCount > 100 << 10 && statements[0].byteCount < 1 << 20)
            #expect(try run(texts[29], on: writer) === statements[29])
            #expect(try run(texts[0], on: writer) !== statements[0])
        }
    }
}
