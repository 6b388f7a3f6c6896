/// What lies in a segment behind its last whole record.
struct SegmentTail {
    /// Behind the last byte that is not zero; the tail's beginning if all are.
    var usedEnd: Int
    /// The first valid batch mark; nil if there is none.
    var firstMark: Int?

    /// Looks at everything in `file` from `offset`. Marks may begin at any byte.
    init(of file: any File, from offset: Int, header: SegmentHeader, fileSize: Int) throws(LogError) {
        usedEnd = offset
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { chunk.deallocate() }
        var start = offset
        while start < fileSize {
            let count = try file.read(into: chunk, at: start)
            guard count > 0 else { break }
            look(at: UnsafeRawBufferPointer(rebasing: chunk[..<count]), start, header)
            if start + count >= fileSize { break }
            // The next chunk repeats the last bytes, lest a mark lie across the border.
            start += max(1, count - (BatchMark.size - 1))
        }
    }

    /// The tail as one that a crash has torn, if there is anything in it.
    ///
    /// - Parameter fault: why no record begins at `offset`, where the tail does; nil for zeros.
    func torn(_ file: any File, from offset: Int, _ fault: String?) -> Recovery.Cut? {
        guard usedEnd > offset else { return nil }
        return Recovery.Cut(
            file: file.path, offset: UInt64(offset), byteCount: UInt64(usedEnd - offset),
            reason: SegmentItem.reason(fault))
    }

    private mutating func look(at bytes: UnsafeRawBufferPointer, _ start: Int, _ header: SegmentHeader) {
        var block = 0
        while block < bytes.count {
            let next = min(block + 4096, bytes.count)
            // Most of a tail is zeros: passed in blocks.
            if !UnsafeRawBufferPointer(rebasing: bytes[block..<next]).isAllZeros {
                for place in block..<next where bytes[place] != 0 { look(at: place, of: bytes, start, header) }
            }
            block = next
        }
    }

    private mutating func look(
        at place: Int, of bytes: UnsafeRawBufferPointer, _ start: Int, _ header: SegmentHeader
    ) {
        usedEnd = max(usedEnd, start + place + 1)
        guard firstMark == nil, bytes[place] == UInt8(BatchMark.bodySize) else { return }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[place...])
        if BatchMark.decode(rest, at: start + place, in: header) != nil { firstMark = start + place }
    }
}
