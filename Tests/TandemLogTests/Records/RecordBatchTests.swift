import Testing

@testable import TandemLog

@Suite struct RecordBatchTests {
    @Test func aSealedBufferBecomesABatchThatValidates() throws {
        var buffer = RecordBuffer(capacity: 256)
        for _ in 0..<3 {
            buffer.beginRecord(kind: .transaction)
            buffer.writeSchema("CREATE TABLE t (a)")
            try buffer.endRecord()
        }
        let checksum = buffer.seal(
            epochCounter: 3, firstIndex: 17, time: 1_000, previousChecksum: 99, beginsSegment: true)
        let batch = try buffer.takeBatch()
        #expect(buffer.isEmpty)
        #expect(batch.count == 3)
        #expect(batch.firstIndex == 17 && batch.lastIndex == 19)
        #expect(batch.lastChecksum == checksum)
        let copy = try batch.withUnsafeBytes { bytes throws(LogError) in
            try RecordBatch(validating: bytes, following: LogEnd(index: 16, checksum: 99, epochCounter: 3))
        }
        #expect(copy.end == batch.end)
        var indexes: [LogIndex] = []
        var flags: [Bool] = []
        copy.forEachRecord { record in
            indexes.append(record.index)
            flags.append(record.beginsSegment)
            #expect(record.time == 1_000 && record.epochCounter == 3 && record.kind == .transaction)
        }
        #expect(indexes == [17, 18, 19])
        #expect(flags == [true, false, false])
    }
}
