import Testing

@testable import TandemLog

@Suite struct RecordBufferTests {
    @Test func anAbandonedRecordLeavesNothing() throws {
        var buffer = RecordBuffer()
        buffer.beginRecord(kind: .transaction)
        #expect(buffer.openRecordIsEmpty)
        buffer.writeSchema("CREATE TABLE t (a)")
        #expect(!buffer.openRecordIsEmpty)
        buffer.abandonRecord()
        #expect(buffer.isEmpty && buffer.recordCount == 0)
    }

    @Test func rollingBackToAMarkTakesBackChangesAndRecords() throws {
        var buffer = RecordBuffer()
        let first = buffer.beginRecord(kind: .transaction)
        buffer.writeSchema("one")
        let savepoint = buffer.mark
        buffer.writeSchema("two")
        buffer.truncate(to: savepoint)
        try buffer.endRecord()
        let oneRecord = buffer.byteCount
        let second = buffer.beginRecord(kind: .transaction)
        buffer.writeSchema("three")
        try buffer.endRecord()
        #expect(buffer.recordCount == 2)
        buffer.truncate(to: second)
        #expect(buffer.recordCount == 1 && buffer.byteCount == oneRecord)
        #expect(buffer.withUnsafeBytes { Array($0.dropFirst(26)) } == hex("05 03 6f 6e 65"))
        buffer.truncate(to: first)
        #expect(buffer.isEmpty && buffer.recordCount == 0)
    }

    @Test func aRecordAboveTheLimitFailsAlone() throws {
        var buffer = RecordBuffer(capacity: 256, maximumRecordSize: 1000)
        buffer.beginRecord(kind: .transaction)
        buffer.writeSchema("kept")
        try buffer.endRecord()
        let kept = buffer.byteCount
        buffer.beginRecord(kind: .transaction)
        let blob = [UInt8](repeating: 1, count: 400)
        for _ in 0..<100 { buffer.write(Value.blob(blob)) }
        #expect(buffer.isOverfull)
        #expect(buffer.byteCount < 4000)
        let error = #expect(throws: LogError.self) { try buffer.endRecord() }
        #expect(error?.code == .recordTooLarge)
        #expect(buffer.byteCount == kept && buffer.recordCount == 1 && !buffer.isOverfull)
        buffer.beginRecord(kind: .transaction)
        buffer.writeSchema("after")
        try buffer.endRecord()
        #expect(buffer.recordCount == 2)
    }

    @Test func theLimitHoldsAlsoWhereTheMemoryWouldDo() throws {
        var buffer = RecordBuffer(capacity: 1 << 20, maximumRecordSize: 100)
        buffer.beginRecord(kind: .transaction)
        buffer.write(Value.blob([UInt8](repeating: 1, count: 100)))
        #expect(throws: LogError.self) { try buffer.endRecord() }
        buffer.beginRecord(kind: .transaction)
        buffer.write(Value.blob([UInt8](repeating: 1, count: 72)))
        try buffer.endRecord()
        #expect(buffer.byteCount == 100)
    }

    @Test func aBitmapSurvivesTheGrowthOfTheBuffer() throws {
        var generator = SeededGenerator(7)
        let columns = (0..<40).map { TableDefinition.Column(name: "c\($0)") }
        let table = TableDefinition(number: 1, name: "wide", kind: .rowid, columns: columns)
        let changes: [Change] = [
            .tableDefinition(table),
            .update(
                table: 1, rowid: 1, newRowid: 1, oldKey: [],
                columns: stride(from: 0, to: 40, by: 3).map {
                    .init(column: $0, old: .blob(generator.bytes(200)), new: .blob(generator.bytes(200)))
                }),
        ]
        #expect(try Payload.decode(Payload.encode(changes)) == changes)
    }

    @Test func sealingAgainReplacesTheFirstSeal() throws {
        var buffer = RecordBuffer()
        try buffer.append(Samples.members("a:1"))
        buffer.seal(epochCounter: 1, firstIndex: 5, time: 9, previousChecksum: 1, beginsSegment: true)
        let checksum = buffer.seal(
            epochCounter: 2, firstIndex: 8, time: 1 << 55, previousChecksum: 3, beginsSegment: false)
        let batch = try buffer.takeBatch()
        let copy = try batch.validated(following: LogEnd(index: 7, checksum: 3, epochCounter: 2))
        #expect(copy.lastChecksum == checksum && copy.lastTime == 1 << 55 && copy.segmentBeginnings.isEmpty)
    }
}

extension RecordBatch {
    /// The same bytes, checked as if they came from outside.
    func validated(following: LogEnd) throws(LogError) -> RecordBatch {
        try withUnsafeBytes { bytes throws(LogError) in try RecordBatch(validating: bytes, following: following) }
    }

    var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}
