import Glibc

/// The one way to write records: growable raw memory that records are encoded into on the thread that makes them,
/// and that becomes a ``RecordBatch`` without being copied.
///
/// ```swift
/// buffer.beginRecord(kind: .transaction)
/// buffer.writeInsert(table: 1, rowid: 42)
/// buffer.writeText(bytes)
/// try buffer.endRecord()
/// _ = buffer.seal(epochCounter: 3, firstIndex: 17, time: now, previousChecksum: end.checksum, beginsSegment: false)
/// let batch = try buffer.takeBatch()
/// ```
/// Writing never throws and never traps on size: a record that exceeds the limit is cut short, and ``endRecord()``
/// says so. Copies of a buffer share its memory: it has one owner at a time, on one thread.
public struct RecordBuffer {
    @usableFromInline struct State {
        @usableFromInline var base: UnsafeMutableRawPointer
        @usableFromInline var count = 0
        @usableFromInline var capacity: Int
        /// Where the open record begins; -1 if none is open.
        @usableFromInline var recordStart = -1
        @usableFromInline var recordCount = 0
        /// Where the bitmap of the update being written begins.
        @usableFromInline var bitmap = 0
        /// The longest record.
        @usableFromInline var maximumRecordSize: Int
        /// Bytes were dropped, because the record exceeds its limit or memory ran out.
        @usableFromInline var isOverfull = false
        /// What the records were sealed behind; nil as long as they are not.
        @usableFromInline var sealedBehind: LogEnd?
    }

    /// Owns the memory. The fields are behind a pointer, so that no access to them is checked for exclusivity.
    @usableFromInline final class Owner {
        @usableFromInline let state: UnsafeMutablePointer<State>

        init(capacity: Int, maximumRecordSize: Int) {
            state = .allocate(capacity: 1)
            state.initialize(
                to: State(
                    base: Owner.allocate(capacity), capacity: capacity, maximumRecordSize: maximumRecordSize))
        }

        deinit {
            free(state.pointee.base)
            state.deallocate()
        }

        static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
            guard let memory = malloc(capacity) else { fatalError("no memory for \(capacity) bytes of records") }
            return memory
        }
    }

    @usableFromInline let owner: Owner
    @usableFromInline let state: UnsafeMutablePointer<State>
    private let initialCapacity: Int

    /// The default of the limit on a record's size: 1 GiB.
    public static let defaultMaximumRecordSize = 1 << 30

    /// An empty buffer.
    ///
    /// - Parameters:
    ///   - capacity: how many bytes it has to begin with; it doubles as needed.
    ///   - maximumRecordSize: the longest record in bytes, at most 2 GiB.
    public init(capacity: Int = 16 * 1024, maximumRecordSize: Int = Self.defaultMaximumRecordSize) {
        initialCapacity = max(256, capacity)
        owner = Owner(
            capacity: initialCapacity, maximumRecordSize: min(maximumRecordSize, RecordLayout.maximumBodySize))
        state = owner.state
    }

    /// How many whole records the buffer holds.
    public var recordCount: Int { state.pointee.recordCount }
    /// How many bytes the buffer holds, those of an open record included.
    public var byteCount: Int { state.pointee.count }
    public var isEmpty: Bool { state.pointee.count == 0 }
    /// Whether the open record has lost bytes, so that ``endRecord()`` will throw.
    public var isOverfull: Bool { state.pointee.isOverfull }

    /// The buffer's bytes.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(owner) {} }
        return try body(UnsafeRawBufferPointer(start: state.pointee.base, count: state.pointee.count))
    }

    /// Empties the buffer and keeps its memory.
    public mutating func removeAll() {
        state.pointee.count = 0
        state.pointee.recordStart = -1
        state.pointee.recordCount = 0
        state.pointee.isOverfull = false
        state.pointee.sealedBehind = nil
    }
}

// Handed from the thread that writes to the one that appends; never used by two at once.
extension RecordBuffer: @unchecked Sendable {}

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

extension RecordBuffer {
    /// Makes room for `count` more bytes; false if the record would exceed its limit.
    @inlinable @inline(__always)
    func reserve(_ count: Int) -> Bool {
        if state.pointee.capacity - state.pointee.count >= count { return true }
        return grow(by: count)
    }

    @usableFromInline @inline(never)
    func grow(by count: Int) -> Bool {
        let current = state.pointee
        let recordSize = current.count - max(0, current.recordStart)
        guard !current.isOverfull, count <= current.maximumRecordSize - min(recordSize, current.maximumRecordSize)
        else {
            state.pointee.isOverfull = true
            return false
        }
        let capacity = max(current.count + count, current.capacity * 2)
        guard let memory = realloc(current.base, capacity) else {
            state.pointee.isOverfull = true
            return false
        }
        state.pointee.base = memory
        state.pointee.capacity = capacity
        return true
    }

    @inlinable
    func appendBytes(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0, reserve(bytes.count) else { return }
        (state.pointee.base + state.pointee.count).copyMemory(from: source, byteCount: bytes.count)
        state.pointee.count += bytes.count
    }
}

extension RecordBuffer {
    /// Fills in what is known only when the records enter the log: index, epoch, time, and the chained checksums of
    /// all records, in order. Sealing again replaces it all.
    ///
    /// - Parameters:
    ///   - firstIndex: the first record's index; the others follow without holes.
    ///   - time: microseconds since 1970-01-01 00:00 UTC, not below that of the record before.
    ///   - previousChecksum: the checksum of the log's last record, 0 for an empty log.
    ///   - beginsSegment: whether a segment begins with the first record (``Log/beginsSegmentNext``).
    /// - Returns: the last record's checksum.
    @discardableResult
    public mutating func seal(
        epochCounter: UInt32, firstIndex: LogIndex, time: UInt64, previousChecksum: UInt32, beginsSegment: Bool
    ) -> UInt32 {
        precondition(state.pointee.recordStart < 0, "a record is open")
        let base = state.pointee.base
        let end = state.pointee.count
        var (offset, index, checksum) = (0, firstIndex.rawValue, previousChecksum)
        while offset < end {
            let record = base + offset
            let length = Int(UInt32(littleEndian: record.loadUnaligned(as: UInt32.self)))
            let kind = record.load(fromByteOffset: RecordLayout.kind, as: UInt8.self) & ~RecordLayout.beginsSegment
            let flag = beginsSegment && offset == 0 ? RecordLayout.beginsSegment : 0
            record.storeBytes(of: kind | flag, toByteOffset: RecordLayout.kind, as: UInt8.self)
            storeHeader(record, index: index, epochCounter: epochCounter, time: time)
            let body = UnsafeRawBufferPointer(start: record + RecordLayout.prefixSize, count: length)
            checksum = Checksum.record(previous: checksum, body: body)
            record.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
            offset += RecordLayout.prefixSize + length
            index += 1
        }
        state.pointee.sealedBehind = LogEnd(
            index: firstIndex.previous, checksum: previousChecksum, epochCounter: epochCounter)
        return checksum
    }

    private func storeHeader(
        _ record: UnsafeMutableRawPointer, index: UInt64, epochCounter: UInt32, time: UInt64
    ) {
        // Each store is wider than its field and is followed by the field that it spills into.
        record.storeBytes(of: index.littleEndian, toByteOffset: RecordLayout.index, as: UInt64.self)
        record.storeBytes(of: epochCounter.littleEndian, toByteOffset: RecordLayout.epochCounter, as: UInt32.self)
        let low = UInt32(truncatingIfNeeded: time)
        record.storeBytes(of: low.littleEndian, toByteOffset: RecordLayout.time, as: UInt32.self)
        let middle = UInt16(truncatingIfNeeded: time >> 32)
        record.storeBytes(of: middle.littleEndian, toByteOffset: RecordLayout.time + 4, as: UInt16.self)
        record.storeBytes(
            of: UInt8(truncatingIfNeeded: time >> 48), toByteOffset: RecordLayout.time + 6, as: UInt8.self)
    }

    /// Makes the sealed records a batch, without copying them, and leaves the buffer empty.
    ///
    /// - Throws: ``LogError`` (`malformed`) if an epoch or member record inside cannot be read.
    public mutating func takeBatch() throws(LogError) -> RecordBatch {
        guard let behind = state.pointee.sealedBehind, state.pointee.count > 0 else {
            preconditionFailure("only sealed records become a batch")
        }
        let (count, used) = (state.pointee.count, state.pointee.base)
        // A large buffer that is hardly used would be kept alive by whoever keeps the batch.
        let memory = state.pointee.capacity > 2 * count + 4096 ? realloc(used, count) ?? used : used
        let bytes = RecordBytes(taking: memory, count: count)
        state.pointee.base = Owner.allocate(initialCapacity)
        state.pointee.capacity = initialCapacity
        removeAll()
        return try RecordBatch(sealed: bytes, following: behind)
    }
}
