import Testing

@testable import TandemLog

@Suite struct RecordBatchTests {
    private static let start = LogEnd(index: 16, checksum: 99, epochCounter: 3)

    /// The same records with a flag on the first.
    static func flagged(_ batch: RecordBatch) throws -> RecordBatch {
        var bytes = batch.bytes
        bytes[8] |= 0x80
        let checksum = bytes.withUnsafeBytes { pointer in
            Checksum.record(previous: batch.following.checksum, body: UnsafeRawBufferPointer(rebasing: pointer[8...]))
        }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(4..<8, with: $0) }
        return try RecordBatch(copying: bytes, following: batch.following)
    }

    private func sample() throws -> RecordBatch {
        var buffer = RecordBuffer(capacity: 256)
        for sql in ["CREATE TABLE t (a)", "CREATE TABLE u (a)"] {
            buffer.beginRecord(kind: .transaction)
            buffer.writeSchema(sql)
            try buffer.endRecord()
        }
        try buffer.append(Samples.members("a:1", "b:2"))
        buffer.seal(epochCounter: 3, firstIndex: 17, time: 1_000, previousChecksum: 99, beginsSegment: true)
        return try buffer.takeBatch()
    }

    @Test func aSealedBufferBecomesABatchThatValidates() throws {
        let batch = try sample()
        #expect(batch.count == 3 && batch.firstIndex == 17 && batch.lastIndex == 19)
        let copy = try batch.validated(following: Self.start)
        #expect(copy.end == batch.end && copy.bytes == batch.bytes)
        #expect(copy.members == [.init(index: 19, record: Samples.members("a:1", "b:2"))])
        var seen: [(LogIndex, Bool)] = []
        copy.forEachRecord { record in
            seen.append((record.index, record.beginsSegment))
            #expect(record.time == 1_000 && record.epochCounter == 3)
        }
        #expect(seen.map(\.0) == [17, 18, 19] && seen.map(\.1) == [true, false, false])
    }

    /// Every byte of the shortest record there can be.
    @Test func aRecordHasTheBytesThatTheFormatSays() throws {
        var buffer = RecordBuffer()
        buffer.beginRecord(kind: .transaction)
        try buffer.endRecord()
        buffer.seal(
            epochCounter: 0x0403_0201, firstIndex: 0x0605_0403_0201, time: 0x07_0605_0403_0201,
            previousChecksum: 0, beginsSegment: true)
        let bytes = try buffer.takeBatch().bytes
        #expect(hexText(Array(bytes[0..<4])) == "12 00 00 00")
        #expect(
            hexText(Array(bytes[8...])) == "81 01 02 03 04 05 06 01 02 03 04 01 02 03 04 05 06 07")
    }

    @Test func anEpochBatchNamesItsEpochAndItsMembers() throws {
        let batch = try Samples.epochBatch(4, behind: Self.start).validated(following: Self.start)
        #expect(batch.epochs == [.init(epoch: Epoch(counter: 4, node: Samples.node), index: 17)])
        #expect(batch.members.map(\.index) == [17])
        #expect(batch.end.epochCounter == 4)
    }

    @Test func recordsThatAreCutShortAreRefused() throws {
        let batch = try sample()
        var whole: Set<Int> = []
        var size = 0
        batch.forEachRecord {
            size += $0.size
            whole.insert(size)
        }
        for length in 0..<batch.byteCount {
            let bytes = Array(batch.bytes.prefix(length))
            guard !whole.contains(length) else {
                #expect(try RecordBatch(copying: bytes, following: Self.start).byteCount == length)
                continue
            }
            #expect(throws: LogError.self) { try RecordBatch(copying: bytes, following: Self.start) }
        }
    }

    @Test func everyFlippedByteIsFound() throws {
        let bytes = try sample().bytes
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 0x41
            #expect(throws: LogError.self, "byte \(place)") {
                try RecordBatch(copying: damaged, following: Self.start)
            }
        }
    }

    @Test func recordsOfAnotherPlaceDoNotFollow() throws {
        let batch = try sample()
        var wrong = Self.start
        wrong.index = 15
        #expect(throws: LogError.self) { try batch.validated(following: wrong) }
        wrong = Self.start
        wrong.checksum = 98
        #expect(throws: LogError.self) { try batch.validated(following: wrong) }
        wrong = Self.start
        wrong.epochCounter = 2
        #expect(throws: LogError.self) { try batch.validated(following: wrong) }
    }

    @Test(arguments: [
        "00 00 00 00", "01 00 00 00", "07 00 00 00", "11 00 00 00", "ff ff ff 7f", "00 00 00 80", "ff ff ff ff",
    ])
    func aHostileLengthIsRefused(length: String) {
        let bytes = hex(length) + [UInt8](repeating: 0, count: 100)
        let error = #expect(throws: LogError.self) { try RecordBatch(copying: bytes, following: Self.start) }
        #expect(error?.code == .malformed && error?.offset == 0)
    }

    @Test func randomBytesAreRefused() throws {
        for seed in 0..<10_000 as Range<UInt64> {
            var generator = SeededGenerator(seed)
            var bytes = generator.bytes(Int.random(in: 0..<120, using: &generator))
            if bytes.count > 26 {
                // Let the length be believed, and every other time the checksum too.
                bytes.replaceSubrange(0..<4, with: [UInt8(bytes.count - 8), 0, 0, 0])
                bytes.replaceSubrange(9..<15, with: [17, 0, 0, 0, 0, 0])
                if seed % 2 == 0 { Self.fixChecksum(of: &bytes, previous: 99) }
            }
            do {
                let batch = try RecordBatch(copying: bytes, following: Self.start)
                // Only a transaction of the right epoch may hold anything at all.
                batch.forEachRecord { #expect($0.kind.rawValue > 0 && $0.epochCounter == 3, "seed \(seed)") }
            } catch {
                #expect(error.code == .malformed || error.code == .notFollowing)
            }
        }
    }

    private static func fixChecksum(of bytes: inout [UInt8], previous: UInt32) {
        let checksum = bytes.withUnsafeBytes { pointer in
            Checksum.record(previous: previous, body: UnsafeRawBufferPointer(rebasing: pointer[8...]))
        }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(4..<8, with: $0) }
    }
}

extension RecordBatch {
    init(copying bytes: [UInt8], following: LogEnd) throws(LogError) {
        self = try bytes.withUnsafeBufferPointer { pointer throws(LogError) in
            try RecordBatch(validating: UnsafeRawBufferPointer(pointer), following: following)
        }
    }
}
