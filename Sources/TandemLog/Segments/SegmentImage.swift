/// Records of a log in a file of their own that is laid out like a segment without batch marks: what ``LogReader/init(file:)``
/// reads, what a cut keeps, and what a snapshot brings along so that its records can be read alone.
public enum SegmentImage {
    /// Copies the records behind `header` up to `last` out of the log in `directory`.
    ///
    /// - Parameter offset: where in `file` the image begins.
    /// - Returns: where it ends, and its last record.
    static func write(
        _ header: SegmentHeader, through last: LogIndex, of directory: String, to file: any File, at offset: Int = 0,
        _ fileSystem: any FileSystem
    ) throws(LogError) -> (offset: Int, end: LogEnd) {
        let headerBytes = header.encode()
        try file.write(headerBytes, at: offset)
        var offset = offset + headerBytes.count
        var end = header.following
        guard header.firstIndex <= last else { return (offset, end) }
        let reader = try LogReader(
            directory: directory, from: header.firstIndex, findsTables: false, fileSystem: fileSystem)
        while let batch = try reader.next(through: last) {
            try batch.withUnsafeBytes { bytes throws(LogError) in try file.write(bytes, at: offset) }
            offset += batch.byteCount
            end = batch.end
        }
        return (offset, end)
    }

    /// Copies what is needed to go on behind record `index` of the log in `directory`: the segment that the next record
    /// will be in, or is in, from its beginning. It may run beside the thread that appends.
    ///
    /// - Parameters:
    ///   - path: an existing file; the image is written into it.
    ///   - offset: where in that file it begins.
    /// - Returns: how many bytes it has.
    /// - Throws: ``LogError``: `missing` if the log does not hold so much, `damaged`, `diskFull`, `inputOutput`.
    public static func append(
        goingOnBehind index: LogIndex, of directory: String, to path: String, at offset: Int
    ) throws(LogError) -> Int {
        let fileSystem = SystemFileSystem()
        guard let first = try SegmentName.segments(in: directory, fileSystem).last(where: { $0 <= index.next }) else {
            throw LogError(.missing, "The log does not hold record \(index) any more.", file: directory)
        }
        let segment = try fileSystem.open("\(directory)/\(SegmentName.segment(first))", .read)
        let header = try SegmentHeader.read(from: segment).header
        let file = try fileSystem.open(path, .readWrite)
        return try write(header, through: index, of: directory, to: file, at: offset, fileSystem).offset - offset
    }
}

extension Log {
    /// Makes a log of the image of a segment: it goes on behind the image's last record, and is durable when the call
    /// returns. What the directory held before is gone.
    ///
    /// - Returns: where it ends.
    /// - Throws: ``LogError``: `damaged` if the image is not whole, `diskFull`, `inputOutput`.
    public static func create(
        directory: String, from image: String, options: Options = Options()
    ) throws(LogError) -> LogEnd {
        try create(directory: directory, from: image, options: options, fileSystem: SystemFileSystem())
    }

    /// The same on any file system.
    package static func create(
        directory: String, from image: String, options: Options, fileSystem: any FileSystem
    ) throws(LogError) -> LogEnd {
        try fileSystem.createDirectory(directory)
        let store = LogStore(directory: directory, fileSystem: fileSystem)
        for name in try fileSystem.names(in: directory) { try fileSystem.remove(store.path(name)) }
        let reader = try LogReader(file: image, fileSystem: fileSystem)
        var header = reader.header
        header.markSalt = .random(in: .min ... .max)
        var options = options
        options.prepareAhead = false
        let preparer = SegmentPreparer(directory: directory, size: options.segmentSize, fileSystem: fileSystem)
        _ = try createSegment(header, store, options, preparer)
        try fileSystem.synchronizeDirectory(directory)
        let log = try open(directory: directory, group: header.group, options: options, fileSystem: fileSystem).log
        while let batch = try reader.next() { try log.append(batch) }
        try log.close(knownCommit: log.lastIndex)
        return log.end
    }

    /// Whether the log's record `end.index`, which is durable, is the very one that `end` is behind.
    ///
    /// - Throws: ``LogError`` if the log cannot be read.
    public func holds(_ end: LogEnd) throws(LogError) -> Bool {
        guard end.index <= flushedIndex, end.index.next >= firstIndex else { return false }
        guard let first = try store.segments().last(where: { $0 <= end.index.next }) else { return false }
        let contents = try SegmentContents(of: store.openSegment(first, .read), through: end.index)
        return contents.end == end
    }
}
