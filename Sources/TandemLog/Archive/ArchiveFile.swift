/// A file of an archive, as its name and its header describe it.
public struct ArchiveFile: Sendable {
    public let name: ArchiveName
    public let path: String
    /// The group whose log it is.
    public var group: GroupID { header.group }
    /// When the record before the first one was committed, in microseconds since 1970; 0 if there is none.
    public var timeBefore: UInt64 { header.followingTime }
    /// The epochs begun up to the file's last record.
    public let history: EpochHistory
    let header: SegmentHeader

    /// Opens the file and reads its header, and its records if an epoch begins among them.
    ///
    /// - Throws: ``LogError``: `damaged`, `inputOutput`.
    init(_ name: ArchiveName, in directory: String, _ fileSystem: any FileSystem) throws(LogError) {
        self.name = name
        path = "\(directory)/\(name)"
        let file = try fileSystem.open(path, .read)
        header = try SegmentHeader.read(from: file).header
        guard header.firstIndex == name.first else {
            throw LogError.damage("The file is not what its name says.", file: path, offset: 32)
        }
        guard header.history.lastEpoch?.counter != name.epochCounter else {
            history = header.history
            return
        }
        history = try Self.contents(of: file, through: name.last, name).history
    }

    /// A file that is laid out like one of an archive, under another name: the segment that a backup brings along.
    ///
    /// - Throws: ``LogError``: `damaged`, `inputOutput`.
    public init(at path: String) throws(LogError) {
        let file = try SystemFileSystem().open(path, .read)
        let contents = try SegmentContents(of: file)
        guard contents.fault == nil else {
            throw LogError.damage(
                "The file is damaged behind record \(contents.end.index): \(contents.fault ?? "").", file: path,
                offset: contents.offset)
        }
        header = contents.header
        name = ArchiveName(first: header.firstIndex, end: contents.end)
        self.path = path
        history = contents.history
    }

    /// Reads all of the file and checks every checksum.
    ///
    /// - Throws: ``LogError``: `damaged` with the offset, `inputOutput`.
    public func verify() throws(LogError) { _ = try contents(through: name.last) }

    /// The file as it is up to record `index`, which is one of its own.
    func contents(through index: LogIndex) throws(LogError) -> SegmentContents {
        try Self.contents(of: SystemFileSystem().open(path, .read), through: index, name)
    }

    private static func contents(
        of file: any File, through index: LogIndex, _ name: ArchiveName
    ) throws(LogError) -> SegmentContents {
        let contents = try SegmentContents(of: file, through: index)
        guard contents.end.index == index, index < name.last || contents.end == name.end else {
            throw LogError.damage(
                "The file is damaged behind record \(contents.end.index): \(contents.fault ?? "it ends there").",
                file: file.path, offset: contents.offset)
        }
        return contents
    }

    /// Whether the file can be read without those before it: tables are defined anew in its first record or behind it,
    /// because it begins a segment, or a reign.
    func beginsDefinitions() throws(LogError) -> Bool {
        if name.first == 1 { return true }
        let scanner = try SegmentScanner(try SystemFileSystem().open(path, .read))
        guard case .record(let record) = try next(of: scanner) else { return false }
        return record.beginsSegment || record.kind == .epoch
    }

    /// Behind whatever is no record.
    private func next(of scanner: SegmentScanner) throws(LogError) -> SegmentItem {
        while true {
            let item = try scanner.next()
            if case .mark = item { continue }
            return item
        }
    }

    /// Up to where its records are those of the line, and not of one that was given up; below its first if none are.
    func lastIndex(on line: ArchiveLine) -> LogIndex {
        history.commonIndex(last: name.last, with: line.history, last: line.last)
    }
}
