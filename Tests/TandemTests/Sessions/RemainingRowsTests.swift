import Foundation
import NIOCore
import PostgresWire
import Testing

@testable import Tandem

/// Rows that are more than memory may hold for them.
@Suite struct RemainingRowsTests {
    private let memory = HeldAnswers(limit: 1 << 20)
    private let disk = HeldAnswers(in: .disk, limit: 16 << 20)

    private func room(in directory: String = NSTemporaryDirectory()) -> AnswerRoom {
        AnswerRoom(memory: memory, disk: disk, directory: directory, maximumFiles: 128)
    }

    /// A row of one value that tells its number, and is so long.
    private func row(_ number: Int, length: Int = 1_000) throws -> ByteBuffer {
        var messages = BackendMessages()
        messages.beginDataRow(columns: 1)
        messages.write(string: "\(number) " + String(repeating: "x", count: length))
        try messages.endDataRow()
        return messages.take()
    }

    private func filled(_ lengths: [Int], maximumInMemory: Int = 10_000) throws -> RemainingRows {
        var rows = RemainingRows(words: "SELECT")
        for (number, length) in lengths.enumerated() {
            try rows.append(try row(number, length: length), in: room(), .init(memory: maximumInMemory))
        }
        return rows
    }

    private func numbers(_ bytes: ByteBuffer) -> [Int] {
        var bytes = bytes
        var numbers: [Int] = []
        // The type, the lengths of message and value, the count of columns.
        while bytes.readInteger(as: UInt8.self) != nil, let length = bytes.readInteger(as: UInt32.self),
            let content = bytes.readSlice(length: Int(length) - 4)
        {
            let text = content.getString(at: content.readerIndex + 6, length: content.readableBytes - 6) ?? ""
            numbers.append(text.split(separator: " ").first.flatMap { Int($0) } ?? -1)
        }
        return numbers
    }

    private func all(_ rows: inout RemainingRows, _ maximum: Int) throws -> [Int] {
        var all: [Int] = []
        while case let next = try rows.next(maximum), next.count > 0 {
            #expect(maximum == 0 || next.count <= maximum)
            let numbers = numbers(next.bytes)
            #expect(numbers.count == next.count)
            all += numbers
        }
        return all
    }

    @Test(arguments: [0, 1, 7, 1_000])
    func manyComeBackFromAFileInTheirOrder(maximum: Int) throws {
        let lengths = (0..<500).map { $0 % 100 == 99 ? 200_000 : $0 }
        var rows = try filled(lengths)
        #expect(rows.isOnDisk && rows.bytesInMemory == 0)
        #expect(memory.byteCount == 0 && disk.byteCount >= lengths.reduce(0, +) / AnswerHold.step * AnswerHold.step)
        #expect(try all(&rows, maximum) == Array(0..<500))
        #expect(rows.isEmpty && !rows.isOnDisk)
        #expect(disk.byteCount == 0)
    }

    @Test func aPieceAtATimeIsInMemory() throws {
        var rows = try filled(Array(repeating: 1_000, count: 2_000))
        while case let next = try rows.next(0), next.count > 0 {
            #expect(next.bytes.readableBytes <= 2 * 64 * 1_024 && rows.bytesInMemory < 2_000)
        }
        #expect(rows.isEmpty)
    }

    @Test func fewStayInMemory() throws {
        var rows = try filled([10, 20, 30])
        #expect(!rows.isOnDisk && disk.byteCount == 0)
        #expect(numbers(try rows.next(2).bytes) == [0, 1])
        #expect(numbers(try rows.next(0).bytes) == [2])
        #expect(rows.isEmpty)
    }

    @Test func whereMemoryIsTakenByOthersTheDiskIs() throws {
        let other = AnswerHold(memory)
        try other.grow(to: 1 << 20)
        var rows = try filled([200_000, 200_000], maximumInMemory: .max)
        #expect(rows.isOnDisk)
        #expect(try all(&rows, 0) == [0, 1])
        withExtendedLifetime(other) {}
    }

    @Test func theDiskHasABoundThatAllShare() throws {
        var rows = RemainingRows(words: "SELECT")
        let large = try row(0, length: 15 << 20)
        try rows.append(large, in: room())
        let error = #expect(throws: PostgresError.self) { try rows.append(large, in: room()) }
        #expect(error?.code == .configurationLimitExceeded)
        #expect(error?.hint?.contains("--maximum-answer-files") == true)
        // What was there before is.
        #expect(try rows.next(0).bytes == large)
    }

    /// However short they are, there are no more files than that.
    @Test func filesAreCountedAsWell() throws {
        let room = room()
        var files: [AnswerFile] = []
        for _ in 0..<128 { files.append(try AnswerFile(room)) }
        #expect(throws: PostgresError.self) { _ = try AnswerFile(room) }
        files.removeLast()
        files.append(try AnswerFile(room))
    }

    /// The log needs the disk more.
    @Test func aDiskWithLittleRoomIsLeftToTheLog() throws {
        let room = AnswerRoom(
            memory: memory, disk: disk, directory: NSTemporaryDirectory(), maximumFiles: 128, spared: .max / 2)
        var rows = RemainingRows(words: "SELECT")
        let error = #expect(throws: PostgresError.self) {
            try rows.append(try row(0), in: room, .init(memory: 0))
        }
        #expect(error?.code == .diskFull)
        #expect(disk.byteCount == 0)
    }

    @Test func aSessionHasAPartOfTheDisk() throws {
        var rows = RemainingRows(words: "SELECT")
        let bounds = RemainingRows.Bounds(memory: 0, disk: 10_000)
        let error = #expect(throws: PostgresError.self) {
            for number in 0..<20 { try rows.append(try row(number), in: room(), bounds) }
        }
        #expect(error?.code == .configurationLimitExceeded && error?.message.contains("half") == true)
    }

    @Test func whatIsHandedOverGoesOnWhereItStood() throws {
        var rows = try filled(Array(repeating: 500, count: 100))
        #expect(try rows.next(3).count == 3)
        var others = rows.handOver(words: "FETCH")
        #expect(rows.isEmpty && others.tag(4) == "FETCH 4")
        #expect(try all(&others, 0) == Array(3..<100))
    }

    @Test func aFolderThatIsNotThereIsAnError() throws {
        let error = #expect(throws: PostgresError.self) { _ = try AnswerFile(room(in: "/nowhere/at/all")) }
        #expect(error?.code == .ioError)
        #expect(disk.byteCount == 0)
    }
}
