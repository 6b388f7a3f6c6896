/// A directory that takes a log's records as files, each under its name only when it is whole and durable.
public struct ArchiveDirectory: Sendable {
    private static let partialSuffix = ".partial"

    public let path: String
    private let fileSystem: any FileSystem

    public init(_ path: String) { self.init(path, fileSystem: SystemFileSystem()) }

    package init(_ path: String, fileSystem: any FileSystem) {
        self.path = path
        self.fileSystem = fileSystem
    }

    /// The files that are there, in the order of their records.
    public func names() throws(LogError) -> [ArchiveName] {
        try fileSystem.names(in: path).compactMap { ArchiveName($0) }.sorted()
    }

    /// Makes the directory where it is missing, removes what `node` has left half done, and makes durable what it sees:
    /// a name that a crash may still take away must not be taken for an archived file.
    ///
    /// - Throws: ``LogError``: `wrongGroup` if it holds the log of another group.
    public func open(by node: NodeID, of group: GroupID) throws(LogError) {
        try fileSystem.createDirectory(path)
        for name in try fileSystem.names(in: path) where name.hasSuffix(suffix(of: node)) {
            try fileSystem.remove("\(path)/\(name)")
        }
        try fileSystem.synchronizeDirectory(path)
        guard let last = try names().last else { return }
        let found = try ArchiveFile(last, in: path, fileSystem).header.group
        guard found != group else { return }
        throw LogError(
            .wrongGroup,
            "The directory holds the archive of another group (\(found)); this node is of group \(group). Name a directory of its own.",
            file: path)
    }

    /// Where a file is written before it has its name.
    public func partialPath(of node: NodeID) -> String { "\(path)/next" + suffix(of: node) }

    /// Gives the file at `partial`, which is durable, its name; durable when the call returns.
    ///
    /// - Throws: ``LogError``: `damaged` if there is a file of that name with other bytes, which stays.
    public func add(_ partial: String, as name: ArchiveName) throws(LogError) {
        let target = "\(path)/\(name)"
        if try fileSystem.names(in: path).contains(name.description) {
            guard try haveSameBytes(partial, target) else {
                throw LogError(
                    .damaged,
                    "There is a file of that name already, with other bytes; it was left as it is. Move it away: the records are archived again.",
                    file: target)
            }
            try fileSystem.remove(partial)
        } else {
            try fileSystem.rename(partial, to: target)
        }
        try fileSystem.synchronizeDirectory(path)
    }

    /// Names that others write at the same time do not get in each other's way.
    private func suffix(of node: NodeID) -> String { ".\(node)\(Self.partialSuffix)" }

    private func haveSameBytes(_ one: String, _ other: String) throws(LogError) -> Bool {
        let (one, other) = (try fileSystem.open(one, .read), try fileSystem.open(other, .read))
        let size = try one.size()
        guard try other.size() == size else { return false }
        var offset = 0
        while offset < size {
            let bytes = try one.bytes(at: offset, count: 1 << 20)
            guard !bytes.isEmpty, try other.bytes(at: offset, count: 1 << 20) == bytes else { return false }
            offset += bytes.count
        }
        return true
    }
}
