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
    let initialCapacity: Int

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
