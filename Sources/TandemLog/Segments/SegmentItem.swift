/// What lies at a place in a segment.
enum SegmentItem {
    case record(Record)
    /// A batch mark with the commit index it knew.
    case mark(LogIndex)
    /// Zeros, or the file's end.
    case end
    /// So many bytes must be at hand to say.
    case needs(Int)
    /// Neither a whole record that follows, nor the end.
    case bad(String)

    /// Why no record was read at a place, in words, where `fault` is that of ``bad(_:)``, or nil for ``end``.
    static func reason(_ fault: String?) -> String { fault ?? "zeros where a record should be" }

    /// Looks at the beginning of `bytes`, which lie at `offset` in a file of `fileSize` bytes, behind the record at
    /// `end`.
    init(
        in bytes: UnsafeRawBufferPointer, at offset: Int, behind end: LogEnd, header: SegmentHeader, fileSize: Int
    ) {
        let left = fileSize - offset
        guard left >= 4 else {
            self = .end
            return
        }
        guard bytes.count >= 4 else {
            self = .needs(BatchMark.size)
            return
        }
        let length = Int(bytes.loadUnaligned(as: UInt32.self).littleEndian)
        if length == 0 {
            self = .end
        } else if length == BatchMark.bodySize {
            self = SegmentItem.mark(in: bytes, at: offset, header: header, left: left)
        } else if length < RecordLayout.bodyHeaderSize || length > RecordLayout.maximumBodySize {
            self = .bad("a record's length (\(length)) is impossible")
        } else if length + RecordLayout.prefixSize > left {
            self = .bad("a record's length (\(length)) runs past the end of the file")
        } else if bytes.count < length + RecordLayout.prefixSize {
            self = .needs(length + RecordLayout.prefixSize)
        } else {
            self = SegmentItem.record(in: bytes, behind: end)
        }
    }

    private static func mark(
        in bytes: UnsafeRawBufferPointer, at offset: Int, header: SegmentHeader, left: Int
    ) -> SegmentItem {
        guard left >= BatchMark.size else { return .bad("a batch mark runs past the end of the file") }
        guard bytes.count >= BatchMark.size else { return .needs(BatchMark.size) }
        guard let commit = BatchMark.decode(bytes, at: offset, in: header) else {
            return .bad("the checksum of a batch mark is wrong")
        }
        return .mark(commit)
    }

    private static func record(in bytes: UnsafeRawBufferPointer, behind end: LogEnd) -> SegmentItem {
        do throws(Malformation) {
            let record = try Record(parsing: bytes, maximumBodySize: RecordLayout.maximumBodySize)
            if let fault = record.fault(behind: end) { return .bad(fault.message) }
            return .record(record)
        } catch {
            return .bad(error.explanation)
        }
    }
}
