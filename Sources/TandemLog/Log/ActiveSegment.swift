/// The segment that is appended to.
struct ActiveSegment {
    let file: any File
    let header: SegmentHeader
    /// Where the next byte goes.
    var offset: Int

    var firstIndex: LogIndex { header.firstIndex }

    /// Writes `bytes`, behind a batch mark if `mark` is given.
    mutating func append(_ bytes: UnsafeRawBufferPointer, mark knownCommit: LogIndex?) throws(LogError) {
        guard let knownCommit else {
            try file.write(bytes, at: offset)
            offset += bytes.count
            return
        }
        let mark = BatchMark.encode(knownCommit: knownCommit, at: offset, in: header)
        try mark.withUnsafeBufferPointer { pointer throws(LogError) in
            try file.write(UnsafeRawBufferPointer(pointer), bytes, at: offset)
        }
        offset += mark.count + bytes.count
    }
}
