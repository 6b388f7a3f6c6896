/// Reads a log's records in order, from its files, beside the thread that appends to them.
///
/// It has file descriptors of its own and never writes; it belongs to one thread. Every record's checksum and place
/// is checked.
public final class LogReader {
    public let directory: String
    /// The table definitions in force where the reader began: what a ``ChangeDecoder`` starts with.
    public private(set) var tables = TableDefinitions()
    let fileSystem: any FileSystem
    private(set) var file: any File
    private(set) var header: SegmentHeader
    /// Where the next item begins in ``file``.
    private var offset: Int
    private var end: LogEnd
    let extent: Extent
    /// What ``next(through:maximumBytes:)`` found behind the last whole record when it returned nil: what a crash leaves,
    /// or what is just being written.
    public internal(set) var tornTail: Recovery.Cut?

    /// What is read.
    enum Extent {
        /// A log's segments, one behind the other.
        case log
        /// One segment by itself.
        case segment
        /// A file that was whole when it got its name.
        case image
    }

    /// The index of the record that is read next.
    public var nextIndex: LogIndex { end.index.next }

    /// A reader of the log in `directory` whose first record is `from`.
    ///
    /// To get there it reads the segment from its beginning, 64 MiB at most by default.
    ///
    /// - Parameters:
    ///   - from: a record of the log, or the one that will follow its last.
    ///   - findsTables: whether ``tables`` are wanted; without them the start is quicker.
    /// - Throws: ``LogError``: `missing` if the record is not there, `damaged`, `inputOutput`.
    public convenience init(directory: String, from: LogIndex, findsTables: Bool = true) throws(LogError) {
        try self.init(
            directory: directory, from: from, findsTables: findsTables, fileSystem: SystemFileSystem())
    }

    /// The same on any file system.
    package init(
        directory: String, from: LogIndex, findsTables: Bool = true, fileSystem: any FileSystem
    ) throws(LogError) {
        self.directory = directory
        self.fileSystem = fileSystem
        extent = .log
        guard let first = try SegmentName.segments(in: directory, fileSystem).last(where: { $0 <= from }) else {
            throw LogReader.missing(from, directory)
        }
        file = try fileSystem.open("\(directory)/\(SegmentName.segment(first))", .read)
        let scanner = try SegmentScanner(file)
        (header, offset, end) = (scanner.header, scanner.offset, scanner.end)
        historyAtStart = header.history
        try move(scanner, to: from, findsTables: findsTables)
    }

    /// A reader of one file that is laid out like a segment: a segment by itself, or the tail that
    /// ``Log/cut(above:keepingIn:)`` has kept.
    ///
    /// - Parameter mayBeTorn: whether the file is a segment, which a crash may have left with a torn tail. Default: it
    ///   was whole when it got its name, and any bad place in it is damage.
    public convenience init(file path: String, mayBeTorn: Bool = false) throws(LogError) {
        try self.init(file: path, mayBeTorn: mayBeTorn, fileSystem: SystemFileSystem())
    }

    /// The same on any file system.
    package init(file path: String, mayBeTorn: Bool = false, fileSystem: any FileSystem) throws(LogError) {
        self.fileSystem = fileSystem
        directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        extent = mayBeTorn ? .segment : .image
        file = try fileSystem.open(path, .read)
        let (header, size) = try SegmentHeader.read(from: file)
        (self.header, offset, end) = (header, size, header.following)
        historyAtStart = header.history
    }

    /// The group, as the current segment says.
    public var group: GroupID { header.group }
    /// The epochs begun before the current segment.
    public var historyAtSegment: EpochHistory { header.history }
    /// The epochs begun before the record that the reader was made for; those of ``historyAtSegment`` among them.
    public private(set) var historyAtStart: EpochHistory

    private func move(_ scanner: SegmentScanner, to from: LogIndex, findsTables: Bool) throws(LogError) {
        let decoder = ChangeDecoder()
        var accused: Int?
        while scanner.end.index.next < from {
            let place = scanner.offset
            let fault: String?
            switch try scanner.next() {
            case .record(let record):
                if record.kind == .epoch {
                    historyAtStart.begin(try EpochRecord(decoding: record.payload).epoch, at: record.index)
                }
                guard findsTables else { continue }
                decoder.begin(record)
                while try decoder.next() != nil {}
                continue
            case .mark: continue
            case .bad(let reason): fault = reason
            case .end, .needs: fault = nil
            }
            guard try isDamage(at: place, behind: scanner.end.index, fault) else { break }
            if accused == place {
                throw LogError.damage(behind: scanner.end.index, fault, file: file, offset: place)
            }
            accused = place
            try scanner.forget()
        }
        guard scanner.end.index.next == from else { throw LogReader.missing(from, directory) }
        (offset, end, tables) = (scanner.offset, scanner.end, decoder.tables)
    }

    /// The next records, or nil if there are none up to `through`.
    ///
    /// - Parameters:
    ///   - through: the last record wanted. It must be in the log, and written wholly: the commit index, or the
    ///     flushed one. Nil for as far as there are whole records; a torn tail is left in ``tornTail``.
    ///   - maximumBytes: about how many bytes the batch may have. A longer record comes alone.
    /// - Throws: ``LogError``: `damaged` with file and offset, `missing` if the log ends before `through`.
    public func next(through: LogIndex? = nil, maximumBytes: Int = 1 << 20) throws(LogError) -> RecordBatch? {
        var accused: Int?
        while true {
            if let through, end.index >= through { return nil }
            var chunk = RecordChunk(
                file: file, header: header, offset: offset, end: end,
                capacity: capacity(through, maximumBytes))
            defer { chunk.free() }
            try chunk.read(through: through ?? .maximum, maximumBytes: maximumBytes)
            if chunk.summary.count > 0 {
                (offset, end) = (chunk.offset, chunk.summary.end)
                return try RecordBatch(storage: chunk.takeBytes(), summary: chunk.summary)
            }
            if chunk.fault == nil, try moveToNextSegment() { continue }
            if let through {
                if chunk.fault == nil { throw LogReader.missing(through, directory) }
                throw LogError.damage(behind: end.index, chunk.fault, file: file, offset: chunk.offset)
            }
            guard try isDamage(at: chunk.offset, behind: end.index, chunk.fault) else { return nil }
            // Read once more: whoever appends may have come by between the two looks.
            if accused == chunk.offset {
                throw LogError.damage(behind: end.index, chunk.fault, file: file, offset: chunk.offset)
            }
            accused = chunk.offset
        }
    }

    /// About as much as the records wanted will take, lest a megabyte be read for one short record.
    private func capacity(_ through: LogIndex?, _ maximumBytes: Int) -> Int {
        let wanted = through.map { min($0.distance(from: end.index), 1 << 20) } ?? 1 << 20
        return max(1, min(max(maximumBytes, 4096), max(16 << 10, Int(wanted) * 512)))
    }

    private func moveToNextSegment() throws(LogError) -> Bool {
        guard extent == .log, nextIndex > header.firstIndex,
            try SegmentName.segments(in: directory, fileSystem).contains(nextIndex)
        else { return false }
        let next = try fileSystem.open("\(directory)/\(SegmentName.segment(nextIndex))", .read)
        let (nextHeader, size) = try SegmentHeader.read(from: next)
        guard nextHeader.following == end else {
            throw LogError.damage(
                "The segment does not follow record \(end.index) of the one before it.", file: next.path, offset: 32)
        }
        (file, header, offset) = (next, nextHeader, size)
        return true
    }

    private static func missing(_ index: LogIndex, _ directory: String) -> LogError {
        LogError(
            .missing, "Record \(index) is not in the log: it was pruned, or is not there yet.", file: directory)
    }
}
