extension RecordBuffer {
    /// A place in a buffer to come back to when a savepoint or a statement is rolled back.
    public struct Mark: Sendable {
        let count: Int
        let recordStart: Int
        let recordCount: Int
        let isOverfull: Bool
    }

    /// Here and now.
    public var mark: Mark {
        Mark(
            count: state.pointee.count, recordStart: state.pointee.recordStart,
            recordCount: state.pointee.recordCount, isOverfull: state.pointee.isOverfull)
    }

    /// Takes back everything written since `mark`.
    public mutating func truncate(to mark: Mark) {
        precondition(mark.count <= state.pointee.count, "a mark of what was taken back already")
        state.pointee.count = mark.count
        state.pointee.recordStart = mark.recordStart
        state.pointee.recordCount = mark.recordCount
        state.pointee.isOverfull = mark.isOverfull
        state.pointee.sealedBehind = nil
    }

    /// Begins a record; the one before must have been ended or abandoned.
    ///
    /// - Returns: the place before the record.
    @discardableResult
    public mutating func beginRecord(kind: RecordKind) -> Mark {
        precondition(state.pointee.recordStart < 0, "a record is open already")
        let before = mark
        state.pointee.sealedBehind = nil
        state.pointee.recordStart = state.pointee.count
        if reserve(RecordLayout.payload) {
            let start = state.pointee.base + state.pointee.count
            start.initializeMemory(as: UInt8.self, repeating: 0, count: RecordLayout.payload)
            start.storeBytes(of: kind.rawValue, toByteOffset: RecordLayout.kind, as: UInt8.self)
            state.pointee.count += RecordLayout.payload
        }
        return before
    }

    /// Whether the open record holds nothing yet: a transaction that changed nothing is abandoned, not ended.
    public var openRecordIsEmpty: Bool {
        state.pointee.recordStart >= 0 && state.pointee.count == state.pointee.recordStart + RecordLayout.payload
    }

    /// Ends the open record.
    ///
    /// - Throws: ``LogError`` (`recordTooLarge`) if it exceeds the limit; it is then abandoned.
    public mutating func endRecord() throws(LogError) {
        let start = state.pointee.recordStart
        precondition(start >= 0, "no record is open")
        let size = state.pointee.count - start
        guard !state.pointee.isOverfull, size <= state.pointee.maximumRecordSize else {
            abandonRecord()
            throw LogError(
                .recordTooLarge,
                "The transaction's changes exceed the limit of \(state.pointee.maximumRecordSize) bytes a transaction, or the memory there is. Split it into smaller ones, or raise the limit."
            )
        }
        let length = UInt32(size - RecordLayout.prefixSize).littleEndian
        state.pointee.base.storeBytes(of: length, toByteOffset: start, as: UInt32.self)
        state.pointee.recordStart = -1
        state.pointee.recordCount += 1
    }

    /// Takes the open record back.
    public mutating func abandonRecord() {
        precondition(state.pointee.recordStart >= 0, "no record is open")
        state.pointee.count = state.pointee.recordStart
        state.pointee.recordStart = -1
        state.pointee.isOverfull = false
    }

    /// Appends a whole epoch record.
    ///
    /// - Throws: ``LogError`` (`recordTooLarge`).
    public mutating func append(_ record: EpochRecord) throws(LogError) {
        beginRecord(kind: .epoch)
        writeBytes(record.encode())
        try endRecord()
    }

    /// Appends a whole member record.
    ///
    /// - Throws: ``LogError`` (`recordTooLarge`).
    public mutating func append(_ record: MemberRecord) throws(LogError) {
        beginRecord(kind: .members)
        writeBytes(record.encode())
        try endRecord()
    }

    private mutating func writeBytes(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { appendBytes($0) }
    }
}
