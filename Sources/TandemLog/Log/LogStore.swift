/// A log's directory on a file system: opens and creates segments, and recovers the last one.
struct LogStore {
    let directory: String
    let fileSystem: any FileSystem

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func segments() throws(LogError) -> [LogIndex] { try SegmentName.segments(in: directory, fileSystem) }

    func openSegment(_ first: LogIndex, _ mode: FileMode) throws(LogError) -> any File {
        try fileSystem.open(path(SegmentName.segment(first)), mode)
    }

    /// Gives the segment in `file`, which lies under the name `name`, its header and its name.
    ///
    /// The header is durable before the name is there, so a segment whose header cannot be read is damaged, never
    /// torn. The name becomes durable with the next flush.
    func begin(_ header: SegmentHeader, in file: any File, named name: String) throws(LogError) -> ActiveSegment {
        let bytes = header.encode()
        try file.write(bytes, at: 0)
        try file.synchronize()
        let path = path(SegmentName.segment(header.firstIndex))
        try fileSystem.rename(self.path(name), to: path)
        return ActiveSegment(file: try fileSystem.open(path, .readWrite), header: header, offset: bytes.count)
    }

    /// Finishes a cut that a crash broke off; false if there was none.
    func finishPendingCut() throws(LogError) -> Bool {
        guard let cut = try PendingCut(in: directory, fileSystem) else { return false }
        try cut.perform(in: directory, fileSystem)
        return true
    }

    /// Removes what an earlier process left half made, which only takes room.
    func removeLeftovers() throws(LogError) {
        let names = try fileSystem.names(in: directory)
        for name in [SegmentName.preparing, SegmentName.unprepared] where names.contains(name) {
            try fileSystem.remove(path(name))
        }
    }

    /// Reads the last segment and cuts its torn tail, if it has one.
    ///
    /// - Throws: ``LogError``: `damaged` if what was flushed is not what is there.
    func recover(
        segment first: LogIndex, group: GroupID, knownApplied: LogIndex
    ) throws(LogError) -> (segment: ActiveSegment, contents: SegmentContents, cut: Recovery.Cut?) {
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
        let cut = try cutTornTail(tail, contents, file)
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
        let reason = contents.fault ?? "zeros where a record should be"
        if let mark = tail.firstMark {
            throw LogError.damage(
                "The log is damaged behind record \(contents.end.index): \(reason). A batch mark at offset \(mark) proves that these bytes had been flushed.",
                file: file.path, offset: contents.offset)
        }
        guard contents.end.index >= knownApplied else {
            throw LogError.damage(
                "The log ends at record \(contents.end.index), but record \(knownApplied) was applied to the database: what was flushed is lost (\(reason)).",
                file: file.path, offset: contents.offset)
        }
    }

    private func cutTornTail(
        _ tail: SegmentTail, _ contents: SegmentContents, _ file: any File
    ) throws(LogError) -> Recovery.Cut? {
        guard tail.usedEnd > contents.offset else { return nil }
        try file.writeZeros(from: contents.offset, count: tail.usedEnd - contents.offset)
        try file.synchronize()
        return Recovery.Cut(
            file: file.path, offset: UInt64(contents.offset), byteCount: UInt64(tail.usedEnd - contents.offset),
            reason: contents.fault ?? "zeros where a record should be")
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
