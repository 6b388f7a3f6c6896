import Glibc

/// Reads a stretch of a segment into memory and closes the gaps that batch marks leave.
struct RecordChunk {
    let file: any File
    let header: SegmentHeader
    /// Behind what was taken, in the file.
    private(set) var offset: Int
    private(set) var summary: RecordSummary
    /// What is wrong at ``offset``; nil if nothing was met.
    private(set) var fault: String?

    private var memory: UnsafeMutableRawPointer?
    private var capacity: Int
    /// The part of the memory that was read and not taken yet; what was taken lies before it, from the beginning.
    private var available: Range<Int> = 0..<0
    private var taken = 0

    init(file: any File, header: SegmentHeader, offset: Int, end: LogEnd, capacity: Int) {
        self.file = file
        self.header = header
        self.offset = offset
        self.capacity = capacity
        summary = RecordSummary(following: end, checksChain: false)
    }

    mutating func free() {
        Glibc.free(memory)
        memory = nil
    }

    /// The records taken; they are the caller's from now on.
    mutating func takeBytes() throws(LogError) -> RecordBytes {
        guard let memory else { throw LogError(.malformed, "There are no records to take.") }
        self.memory = nil
        let shrunk = capacity > 2 * taken ? realloc(memory, taken) ?? memory : memory
        return RecordBytes(taking: shrunk, count: taken)
    }

    /// Takes records up to `through` or about `maximumBytes`, whichever is first; a first record is taken whole.
    mutating func read(through: LogIndex, maximumBytes: Int) throws(LogError) {
        let fileSize = try file.size()
        try fill(capacity)
        while summary.end.index < through {
            let bytes = UnsafeRawBufferPointer(start: memory.map { $0 + available.lowerBound }, count: available.count)
            let item = SegmentItem(in: bytes, at: offset, behind: summary.end, header: header, fileSize: fileSize)
            switch item {
            case .mark: skip(BatchMark.size)
            case .record(let record):
                if taken > 0, taken + record.size > maximumBytes { return }
                try take(record)
            case .needs(let count):
                if taken > 0 { return }
                try fill(count)
                if available.count < count { fault = "the file ends inside a record" }
            case .bad(let reason): fault = reason
            case .end: return
            }
            if fault != nil { return }
        }
    }

    private mutating func skip(_ count: Int) {
        offset += count
        available = available.lowerBound + count..<available.upperBound
    }

    private mutating func take(_ record: Record) throws(LogError) {
        let size = record.size
        do throws(LogError) {
            try summary.add(record)
        } catch {
            fault = error.message
            return
        }
        if taken != available.lowerBound, let memory {
            memmove(memory + taken, memory + available.lowerBound, size)
        }
        taken += size
        skip(size)
    }

    /// Brings at least `count` bytes to hand, if the file has so many.
    private mutating func fill(_ count: Int) throws(LogError) {
        if memory == nil || available.lowerBound + count > capacity {
            capacity = max(capacity, available.lowerBound + count)
            guard let grown = realloc(memory, capacity) else {
                throw LogError(.recordTooLarge, "There is no memory for \(capacity) bytes of records.", file: file.path)
            }
            memory = grown
        }
        guard let memory else { return }
        let free = UnsafeMutableRawBufferPointer(
            start: memory + available.upperBound, count: capacity - available.upperBound)
        let read = try file.read(into: free, at: offset + available.count)
        available = available.lowerBound..<available.upperBound + read
    }
}
