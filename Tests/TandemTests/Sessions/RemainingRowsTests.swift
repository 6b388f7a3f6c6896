import NIOCore
import PostgresWire
import Testing

@testable import Tandem

@Suite struct RemainingRowsTests {
    private func rows(_ count: Int) throws -> ByteBuffer {
        var messages = BackendMessages()
        for number in 0..<count {
            messages.beginDataRow(columns: 1)
            messages.write(string: String(repeating: "x", count: number))
            try messages.endDataRow()
        }
        return messages.take()
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 100]) func piecesOfRowsMakeTheWhole(_ size: Int) throws {
        let all = try rows(5)
        var remaining = RemainingRows(rows: all, words: "SELECT")
        var together = ByteBuffer()
        var pieces = 0
        while !remaining.isEmpty {
            together.writeImmutableBuffer(remaining.next(size).bytes)
            pieces += 1
        }
        #expect(together == all)
        #expect(pieces == (5 + size - 1) / size)
    }

    @Test func zeroMeansAllThatAreLeft() throws {
        var remaining = RemainingRows(rows: try rows(5), words: "SELECT")
        let first = remaining.next(2).bytes.readableBytes
        #expect(remaining.next(0).bytes.readableBytes + first == (try rows(5)).readableBytes)
        #expect(remaining.isEmpty && remaining.next(0).count == 0)
    }
}
