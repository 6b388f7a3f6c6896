/// A log as its archive sees it: cut into files of committed records that follow one another.
///
/// A file begins at a segment's beginning or where the one before ended, and ends with its segment, or before if it must.
/// It is laid out like a segment (docs/LOG-FORMAT.md), with a header of which nothing is a node's own: whichever node
/// archives the same records writes the same bytes. Reads the log's files beside the thread that appends.
public struct ArchiveSource: Sendable {
    private let directory: String
    private let fileSystem: any FileSystem

    /// - Parameter directory: the log's.
    public init(directory: String) { self.init(directory: directory, fileSystem: SystemFileSystem()) }

    package init(directory: String, fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// The first record that the log still has; nil if there is no log.
    public func firstIndex() throws(LogError) -> LogIndex? {
        try SegmentName.segments(in: directory, fileSystem).first
    }

    /// Which records come next into a file.
    ///
    /// - Parameters:
    ///   - start: the first record that is not archived.
    ///   - committed: the last record known to be committed, and flushed here.
    ///   - evenUnfinished: whether to take them although their segment goes on, or is not committed to its end.
    /// - Returns: nil if there are none, or not yet.
    public func next(
        from start: LogIndex, committed: LogIndex, evenUnfinished: Bool
    ) throws(LogError) -> ClosedRange<LogIndex>? {
        guard start <= committed else { return nil }
        let segments = try SegmentName.segments(in: directory, fileSystem)
        let following = segments.first { $0 > start }
        if let following, following <= committed.next { return start...following.previous }
        return evenUnfinished ? start...committed : nil
    }

    /// Writes these records, which lie in one segment and are committed, into a new file; durable when the call returns.
    ///
    /// - Parameter end: where the file before this one ended; nil if there is none that it must follow.
    /// - Returns: what the file is to be called.
    /// - Throws: ``LogError``: `notFollowing` if the log's record there is another one, `missing` if the log does not hold
    ///   the records any more, `damaged`, `diskFull`, `inputOutput`.
    public func write(
        _ range: ClosedRange<LogIndex>, behind end: LogEnd?, to path: String
    ) throws(LogError) -> ArchiveName {
        let before = try contents(through: range.lowerBound.previous)
        if let end, before.end != end {
            throw LogError(
                .notFollowing, "The log's record \(end.index) is not the one that was archived.", file: directory)
        }
        let file = try fileSystem.open(path, .create)
        let written = try SegmentImage.write(
            SegmentHeader(archiving: before), through: range.upperBound, of: directory, to: file, fileSystem)
        try file.synchronize()
        return ArchiveName(first: range.lowerBound, end: written.end)
    }

    /// Whether the log has the record that `end` is behind.
    public func holds(_ end: LogEnd) throws(LogError) -> Bool {
        guard let first = try firstIndex(), end.index.next >= first else { return false }
        return try contents(through: end.index).end == end
    }

    /// The segment that record `index` is in, or that the next one begins, read up to it.
    private func contents(through index: LogIndex) throws(LogError) -> SegmentContents {
        guard let segment = try SegmentName.segments(in: directory, fileSystem).last(where: { $0 <= index.next }) else {
            throw LogError(.missing, "The log does not hold record \(index.next) any more.", file: directory)
        }
        let file = try fileSystem.open("\(directory)/\(SegmentName.segment(segment))", .read)
        let contents = try SegmentContents(of: file, through: index)
        guard contents.end.index >= index else {
            throw LogError.damage(
                behind: contents.end.index, contents.fault, file: file, offset: contents.offset)
        }
        return contents
    }
}

extension SegmentHeader {
    /// The header of an archived file that goes on behind `before`, all of which is committed.
    fileprivate init(archiving before: SegmentContents) {
        self.init(
            group: before.header.group, following: before.end, markSalt: 0, knownCommit: before.end.index,
            followingTime: before.lastTime, history: before.history, members: before.members.suffix(1))
    }
}
