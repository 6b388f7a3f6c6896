import Glibc

/// The files of an archive, and which records can be read from them, one behind the other.
public struct Archive: Sendable {
    /// In the order of their records.
    public let files: [ArchiveFile]
    /// The highest index that the files up to each place lead to.
    private let reach: [LogIndex]

    /// Reads the names and headers of all files in `directory`.
    ///
    /// - Parameter more: files from elsewhere.
    /// - Throws: ``LogError``: `missing` if there is no such directory, `damaged`, `wrongGroup` if the files are of several
    ///   groups, `inputOutput`.
    public init(directory: String?, adding more: [ArchiveFile] = []) throws(LogError) {
        guard let directory else {
            try self.init(more)
            return
        }
        let found = try Self.look(into: directory)
        if let fault = found.faults.first { throw fault }
        try self.init(more + found.files)
    }

    /// The same, without the files that are damaged or cannot be read.
    ///
    /// - Returns: the archive of the others, and why each of those was left out, in the order of their records.
    /// - Throws: ``LogError``: `missing` if there is no such directory, `wrongGroup` if the files are of several groups,
    ///   `inputOutput` if the directory cannot be read.
    public static func readable(in directory: String) throws(LogError) -> (archive: Archive, faults: [LogError]) {
        let found = try look(into: directory)
        return (try Archive(found.files), found.faults)
    }

    private static func look(
        into directory: String
    ) throws(LogError) -> (files: [ArchiveFile], faults: [LogError]) {
        // Names in a directory that is not there are none, which would look like an empty archive.
        guard isDirectory(directory) else {
            throw LogError(.missing, "There is no such directory.", file: directory)
        }
        let fileSystem = SystemFileSystem()
        var files: [ArchiveFile] = []
        var faults: [LogError] = []
        for name in try ArchiveDirectory(directory).names() {
            do throws(LogError) {
                files.append(try ArchiveFile(name, in: directory, fileSystem))
            } catch {
                faults.append(error)
            }
        }
        return (files, faults)
    }

    init(_ files: [ArchiveFile]) throws(LogError) {
        self.files = files.sorted { $0.name < $1.name }
        var highest = LogIndex.zero
        reach = self.files.map { file in
            highest = max(highest, file.name.last)
            return highest
        }
        guard let first = files.first, let other = files.first(where: { $0.group != first.group }) else { return }
        throw LogError(
            .wrongGroup,
            "The files are of two groups, \(first.group) and \(other.group) (\(first.path)): keep each group's archive in a directory of its own.",
            file: other.path)
    }

    private static func isDirectory(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    public var group: GroupID? { files.first?.group }

    /// The histories that the archive holds, the newest first: every file's but those that are the beginning of another's.
    public var lines: [ArchiveLine] {
        let candidates = files.map { ArchiveLine(history: $0.history, last: $0.name.last) }
        var lines: [ArchiveLine] = []
        for line in candidates.sorted(by: { ($0.end ?? .first, $0.last) > ($1.end ?? .first, $1.last) }) {
            guard let end = line.end, !lines.contains(where: { $0.contains(end) }) else { continue }
            lines.append(line)
        }
        return lines
    }

    /// The file that leads furthest from record `index` on along the line, and up to which record it does; nil if none
    /// holds that record.
    public func file(holding index: LogIndex, on line: ArchiveLine) -> (file: ArchiveFile, last: LogIndex)? {
        var best: (file: ArchiveFile, last: LogIndex)?
        var place = endOfFiles(beginningThrough: index)
        // Files seldom overlap: the search ends behind one or two.
        while place > 0, reach[place - 1] >= index {
            place -= 1
            let file = files[place]
            guard index <= file.name.last else { continue }
            let last = file.lastIndex(on: line)
            guard last >= index, last > (best?.last ?? .zero) else { continue }
            best = (file, last)
        }
        return best
    }

    /// Where the files end that begin at record `index` or before.
    private func endOfFiles(beginningThrough index: LogIndex) -> Int {
        var (low, high) = (0, files.count)
        while low < high {
            let middle = (low + high) / 2
            if files[middle].name.first <= index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The first record behind `index` on the line that the archive holds; nil if it holds none.
    public func firstIndex(behind index: LogIndex, on line: ArchiveLine) -> LogIndex? {
        files.first { $0.name.first > index && $0.lastIndex(on: line) >= $0.name.first }?.name.first
    }

    /// When record `index` of the line was committed, in microseconds since 1970; nil if the archive does not hold it.
    /// Reads a file up to it.
    ///
    /// - Throws: ``LogError``: `damaged` with file and offset, `inputOutput`.
    public func time(of index: LogIndex, on line: ArchiveLine) throws(LogError) -> UInt64? {
        guard let file = file(holding: index, on: line)?.file else { return nil }
        return try file.contents(through: index).lastTime
    }

    /// The ranges of records on the line that the archive holds without a gap.
    public func ranges(on line: ArchiveLine) -> [ClosedRange<LogIndex>] {
        var ranges: [ClosedRange<LogIndex>] = []
        for file in files {
            let last = file.lastIndex(on: line)
            guard last >= file.name.first else { continue }
            if let end = ranges.last, file.name.first <= end.upperBound.next {
                ranges[ranges.count - 1] = end.lowerBound...max(end.upperBound, last)
            } else {
                ranges.append(file.name.first...last)
            }
        }
        return ranges
    }
}

extension Position {
    /// Below all others.
    fileprivate static let first = Position(
        epoch: Epoch(counter: 0, node: NodeID(UniqueID(high: 0, low: 0))), index: .zero)
}
