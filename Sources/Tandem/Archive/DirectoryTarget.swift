import Glibc
import TandemLog

/// An archive in a directory.
struct DirectoryTarget: ArchiveTarget {
    /// Files of other histories, or ahead of this node, are passed over; so many lie behind each other nowhere.
    private static let maximumLooks = 256

    private let directory: ArchiveDirectory

    init(_ path: String) { directory = ArchiveDirectory(path) }

    var isShared: Bool { true }

    var words: String { "the archive \(directory.path)" }

    func open(
        as node: NodeID, of group: GroupID, holding: (LogEnd) throws -> Bool, through committed: LogIndex
    ) throws -> ArchivedSoFar {
        // Users' verifiers are in the log.
        try SystemFileSystem().createDirectory(directory.path, mode: 0o700)
        try directory.open(by: node, of: group)
        let ends = try directory.names().map(\.end).filter { $0.index <= committed }.sorted { $0.index > $1.index }
        return ArchivedSoFar(
            end: try ends.prefix(Self.maximumLooks).first(where: holding), highest: ends.first?.index ?? .zero)
    }

    func add(
        _ range: ClosedRange<LogIndex>, as node: NodeID, _ write: (String) throws -> ArchiveName
    ) throws -> ArchiveName {
        let partial = directory.partialPath(of: node)
        let name = try write(partial)
        chmod(partial, 0o600)
        try directory.add(partial, as: name)
        return name
    }

    func stop() {}
}
