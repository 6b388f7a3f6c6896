/// How a log is found and mended when it is opened (docs/LOG-FORMAT.md, "Opening").
extension LogStore {
    /// Reads the last segment and cuts its torn tail, if it has one.
    ///
    /// - Throws: ``LogError``: `damaged` if what was flushed is not what is there; then nothing was changed.
    func recover(
        segment first: LogIndex, group: GroupID, knownApplied: LogIndex
    ) throws(LogError) -> (segment: ActiveSegment, contents: SegmentContents, cut: Recovery.Cut?) {
        try makeSound(examine(segment: first, group: group, knownApplied: knownApplied))
    }

    /// Reads the segment that the log of `segments` goes on in, and changes nothing: the last one, or that before it if
    /// the last one's first record was lost in a crash. Another may come in its place that begins no segment.
    ///
    /// - Returns: what was found, and the last segment if it has become useless.
    /// - Throws: ``LogError``: `damaged` if what was flushed is not what is there.
    func examine(
        lastOf segments: [LogIndex], group: GroupID, knownApplied: LogIndex
    ) throws(LogError) -> (found: FoundSegment, useless: FoundSegment?) {
        guard let last = segments.last else {
            throw LogError(.inputOutput, "The log's directory does not keep what is created in it.", file: directory)
        }
        let found = try examine(segment: last, group: group, knownApplied: knownApplied)
        guard let before = segments.dropLast().last, found.contents.end.index < last else { return (found, nil) }
        let previous = try examine(segment: before, group: group, knownApplied: .zero)
        try check(previous, endsBefore: found)
        return (previous, found)
    }

    /// A segment was flushed before the next one got its name, whose durable header says how it ended.
    private func check(_ segment: FoundSegment, endsBefore next: FoundSegment) throws(LogError) {
        let (end, following) = (segment.contents.end, next.contents.header.following)
        guard end != following else { return }
        guard end.index < following.index else {
            throw LogError.damage(
                "The segment ends with record \(end.index), which is not the one that the next segment follows.",
                file: segment.file.path, offset: segment.contents.offset)
        }
        throw LogError.damage(
            behind: end.index, segment.contents.fault,
            proof: "The next segment proves that records up to \(following.index) had been flushed.",
            file: segment.file, offset: segment.contents.offset)
    }

    /// Removes a segment whose records are all lost.
    func remove(_ segment: FoundSegment) throws(LogError) { try fileSystem.remove(segment.file.path) }

    /// Reads a segment that may have a torn tail, and changes nothing.
    ///
    /// - Throws: ``LogError``: `damaged` if what was flushed is not what is there.
    func examine(segment first: LogIndex, group: GroupID, knownApplied: LogIndex) throws(LogError) -> FoundSegment {
        let file = try openSegment(first, .readWrite)
        let contents = try SegmentContents(of: file)
        try check(contents.header, isOf: group, file)
        guard contents.header.firstIndex == first else {
            throw LogError.damage(
                "The segment's header says that it begins with record \(contents.header.firstIndex).",
                file: file.path, offset: 32)
        }
        let tail = try SegmentTail(
            of: file, from: contents.offset, header: contents.header, fileSize: contents.fileSize)
        try check(contents, tail, file, knownApplied)
        return FoundSegment(file: file, contents: contents, tail: tail)
    }

    /// Cuts the torn tail of a segment, and makes durable what is left.
    func makeSound(
        _ found: FoundSegment
    ) throws(LogError) -> (segment: ActiveSegment, contents: SegmentContents, cut: Recovery.Cut?) {
        let (file, contents, cut) = (found.file, found.contents, found.tornTail)
        if let cut {
            try file.writeZeros(from: contents.offset, count: Int(cut.byteCount))
            try file.synchronize()
        }
        try rewriteUnmarked(contents, file)
        return (ActiveSegment(file: file, header: contents.header, offset: contents.offset), contents, cut)
    }

    private func check(_ header: SegmentHeader, isOf group: GroupID, _ file: any File) throws(LogError) {
        guard header.group != group else { return }
        throw LogError(
            .wrongGroup,
            "The log belongs to group \(header.group), this node to \(group). Point the node at its own data directory.",
            file: file.path)
    }

    private func check(
        _ contents: SegmentContents, _ tail: SegmentTail, _ file: any File, _ knownApplied: LogIndex
    ) throws(LogError) {
        if let mark = tail.firstMark {
            throw LogError.damage(
                behind: contents.end.index, contents.fault,
                proof: "A batch mark at offset \(mark) proves that these bytes had been flushed.", file: file,
                offset: contents.offset)
        }
        guard contents.end.index >= knownApplied else {
            throw LogError.damage(
                "The log ends at record \(contents.end.index), but record \(knownApplied) was applied to the database: what was flushed is lost (\(SegmentItem.reason(contents.fault))).",
                file: file.path, offset: contents.offset)
        }
    }

    /// Writes again what no mark proves to be flushed, and flushes it.
    ///
    /// After a flush that failed, the system may hold these bytes in memory, call them clean, and not have them on
    /// the disk: only writing them makes the next flush mean something.
    private func rewriteUnmarked(_ contents: SegmentContents, _ file: any File) throws(LogError) {
        var offset = contents.flushedOffset
        while offset < contents.offset {
            let bytes = try file.bytes(at: offset, count: min(1 << 20, contents.offset - offset))
            guard !bytes.isEmpty else { break }
            try file.write(bytes, at: offset)
            offset += bytes.count
        }
        try file.synchronize()
        try fileSystem.synchronizeDirectory(directory)
    }
}
