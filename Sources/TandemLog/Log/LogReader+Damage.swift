extension LogReader {
    /// Whether a place without a record is more than the log's end, or a tail that is being written or was torn: what lies
    /// behind it proves that a record was there.
    ///
    /// The proof was written after the record. So who finds it must look for the record once more before accusing anybody:
    /// it may have been written since the first look.
    ///
    /// - Parameter fault: what is wrong at the place; nil for zeros.
    func isDamage(at place: Int, behind last: LogIndex, _ fault: String?) throws(LogError) -> Bool {
        if extent == .image { return fault != nil }
        if liesAmongSegments, try hasLaterSegment(behind: last, fault) { return true }
        let tail = try SegmentTail(of: file, from: place, header: header, fileSize: file.size())
        tornTail = tail.torn(file, from: place, fault)
        return tail.firstMark != nil
    }

    /// A segment that is read by itself may still have others beside it.
    private var liesAmongSegments: Bool {
        extent == .log || file.path.hasSuffix(SegmentName.segment(header.firstIndex))
    }

    /// Whether there is a segment behind the one that is read, which was whole then; without a fault the segment that
    /// begins with the next record proves nothing.
    private func hasLaterSegment(behind last: LogIndex, _ fault: String?) throws(LogError) -> Bool {
        let later = try SegmentName.segments(in: directory, fileSystem).first { $0 > header.firstIndex }
        return later.map { fault != nil || $0 > last.next } ?? false
    }
}
