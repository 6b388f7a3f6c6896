/// Reads a line of an archive in order, file by file: every checksum is looked at, and that each record follows the one
/// before it. Belongs to one thread.
public final class ArchiveReader {
    private let archive: Archive
    private let line: ArchiveLine
    private var reader: LogReader
    private var file: ArchiveFile
    /// Up to where ``file`` is read: its other records are not of the line, or it has none.
    private var last: LogIndex
    /// The record read last.
    private var end: LogEnd

    /// The record that is read next.
    public var nextIndex: LogIndex { end.index.next }
    /// When the record before the first one was committed, in microseconds since 1970.
    public let timeBefore: UInt64

    /// A reader that begins so far before the record behind `index` that all table definitions in force there are met.
    ///
    /// - Throws: ``LogError``: `missing` if the archive does not hold the records from there on, `damaged`, `inputOutput`.
    public init(_ archive: Archive, on line: ArchiveLine, behind index: LogIndex) throws(LogError) {
        guard var found = archive.file(holding: index.next, on: line) else {
            throw Self.gap(index.next, archive, line)
        }
        while try !found.file.beginsDefinitions() {
            let before = found.file.name.first.previous
            guard let earlier = archive.file(holding: before, on: line) else {
                throw LogError(
                    .missing,
                    "The archive begins in the middle of a segment, with record \(before.next), and lacks its table definitions: the files before it are needed, too."
                )
            }
            found = earlier
        }
        self.archive = archive
        self.line = line
        (file, last) = found
        timeBefore = file.timeBefore
        end = file.header.following
        reader = try LogReader(file: file.path)
    }

    /// The next records of the line; nil at its end.
    ///
    /// - Throws: ``LogError``: `missing` that names the gap if the archive has one, `damaged` with file and offset.
    public func next(maximumBytes: Int = 1 << 20) throws(LogError) -> RecordBatch? {
        while end.index < line.last {
            if end.index >= last { try open(archive.file(holding: nextIndex, on: line)) }
            guard let batch = try read(through: last, maximumBytes) else { continue }
            end = batch.end
            return batch
        }
        return nil
    }

    private func open(_ found: (file: ArchiveFile, last: LogIndex)?) throws(LogError) {
        guard let found else { throw Self.gap(nextIndex, archive, line) }
        (file, last) = found
        reader = try LogReader(file: file.path)
        var before = file.header.following
        while before.index < end.index {
            guard let batch = try read(through: end.index, 1 << 20) else { break }
            before = batch.end
        }
        guard before == end else {
            throw LogError.damage(
                "The file's record \(file.name.first) does not follow record \(end.index) of the file before it.",
                file: file.path, offset: 32)
        }
    }

    private func read(through index: LogIndex, _ maximumBytes: Int) throws(LogError) -> RecordBatch? {
        do throws(LogError) {
            return try reader.next(through: index, maximumBytes: maximumBytes)
        } catch {
            guard error.code == .missing else { throw error }
            throw LogError.damage(
                "The file ends behind record \(reader.nextIndex.previous), but its name says that it has those up to \(file.name.last).",
                file: file.path, offset: (try? SystemFileSystem().open(file.path, .read).size()) ?? 0)
        }
    }

    private static func gap(_ index: LogIndex, _ archive: Archive, _ line: ArchiveLine) -> LogError {
        guard let next = archive.firstIndex(behind: index, on: line) else {
            return LogError(.missing, "The archive does not hold record \(index).")
        }
        return LogError(
            .missing,
            "The archive has a gap: it does not hold records \(index) to \(next.previous). Begin with a backup that was made behind them, or stop before."
        )
    }
}
