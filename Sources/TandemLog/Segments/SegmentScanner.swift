import Glibc

/// Reads a segment from its beginning, or from a place known, item by item.
final class SegmentScanner {
    let file: any File
    let header: SegmentHeader
    let headerSize: Int
    private(set) var fileSize: Int
    /// Where the next item begins in the file.
    private(set) var offset: Int
    /// The last record read.
    private(set) var end: LogEnd
    private var buffer: UnsafeMutableRawBufferPointer
    /// The part of the buffer that holds what follows ``offset``.
    private var available: Range<Int> = 0..<0

    /// A scanner at the first record of the segment in `file`.
    init(_ file: any File) throws(LogError) {
        self.file = file
        (header, headerSize) = try SegmentHeader.read(from: file)
        fileSize = try file.size()
        offset = headerSize
        end = header.following
        buffer = .allocate(byteCount: 256 * 1024, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The item at ``offset``, and moves behind it. Does not move past the end or a bad place. A record is valid
    /// until the next call.
    func next() throws(LogError) -> SegmentItem {
        var needed = BatchMark.size
        while true {
            try fill(needed)
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[available])
            let item = SegmentItem(in: bytes, at: offset, behind: end, header: header, fileSize: fileSize)
            switch item {
            case .needs(let count):
                // The file said it was that long; if the bytes are not there, it was cut under us.
                guard count > needed else { return .bad("the file ends inside a record") }
                needed = count
                continue
            case .record(let record):
                end = LogEnd(index: record.index, checksum: record.checksum, epochCounter: record.epochCounter)
                advance(record.size)
            case .mark: advance(BatchMark.size)
            case .end, .bad: break
            }
            return item
        }
    }

    /// Reads the file anew from ``offset``: what was read ahead may have been written to since.
    func forget() throws(LogError) {
        available = 0..<0
        fileSize = try file.size()
    }

    private func advance(_ count: Int) {
        offset += count
        available = available.lowerBound + count..<available.upperBound
    }

    /// Brings at least `count` bytes into the buffer, if the file has so many.
    private func fill(_ count: Int) throws(LogError) {
        guard available.count < count else { return }
        if count > buffer.count { grow(to: count) } else { moveToFront() }
        let free = UnsafeMutableRawBufferPointer(rebasing: buffer[available.upperBound...])
        let read = try file.read(into: free, at: offset + available.count)
        available = 0..<available.upperBound + read
    }

    private func moveToFront() {
        guard available.lowerBound > 0, let base = buffer.baseAddress else { return }
        memmove(base, base + available.lowerBound, available.count)
        available = 0..<available.count
    }

    private func grow(to count: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[available]))
        buffer.deallocate()
        buffer = larger
        available = 0..<available.count
    }
}
