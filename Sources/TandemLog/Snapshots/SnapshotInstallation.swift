/// Puts a snapshot that is whole and durable in the place of a node's database and log, while nobody has them open.
///
/// A note is made durable first; from then on every start of the node finishes what it says, whatever a crash has left
/// half done. The old files are moved aside, not removed: whoever is about to acknowledge from a snapshot must not have
/// destroyed what it acknowledged before (docs/REPLICATION.md, rule 32).
///
/// | in the data directory | what |
/// | --- | --- |
/// | `snapshot/database.sqlite`, `snapshot/log/` | what is to be installed |
/// | `snapshot/install` | the note |
/// | `replaced/UUID/` | what was there before |
public struct SnapshotInstallation: Sendable {
    static let note = "install"
    private static let title = "tandem snapshot installation 1"

    /// Of the snapshot; names the directory of what it replaces.
    public let snapshot: UniqueID
    /// Whether the log is replaced, too; else it goes on, and the database is completed from it.
    public let replacesLog: Bool

    public init(snapshot: UniqueID, replacesLog: Bool) {
        self.snapshot = snapshot
        self.replacesLog = replacesLog
    }

    /// Decides the installation: durable when the call returns. What is to be installed must be so before.
    public func decide(in data: String) throws(LogError) { try decide(in: data, SystemFileSystem()) }

    package func decide(in data: String, _ fileSystem: any FileSystem) throws(LogError) {
        let folder = data + "/snapshot"
        let body = "\(Self.title)\nsnapshot \(snapshot)\nlog \(replacesLog)\n"
        let checksum = Array(body.utf8).withUnsafeBytes { Checksum.crc32c($0) }
        let aside = "\(folder)/\(Self.note).new"
        let file = try fileSystem.open(aside, .create)
        try file.write(Array("\(body)checksum \(String(checksum, radix: 16))\n".utf8), at: 0)
        try file.synchronize()
        try fileSystem.rename(aside, to: "\(folder)/\(Self.note)")
        try fileSystem.synchronizeDirectory(folder)
    }

    /// Finishes the installation that was decided, if one was.
    ///
    /// - Returns: what was installed; nil if nothing was to be.
    /// - Throws: ``LogError``: `damaged` for a note that cannot be read, `inputOutput`. Call it again after that.
    @discardableResult
    public static func finish(in data: String) throws(LogError) -> SnapshotInstallation? {
        try finish(in: data, SystemFileSystem())
    }

    @discardableResult
    package static func finish(
        in data: String, _ fileSystem: any FileSystem
    ) throws(LogError) -> SnapshotInstallation? {
        guard let installation = try SnapshotInstallation(in: data, fileSystem) else { return nil }
        try installation.perform(in: data, fileSystem)
        return installation
    }

    private init?(in data: String, _ fileSystem: any FileSystem) throws(LogError) {
        let folder = data + "/snapshot"
        guard try fileSystem.names(in: folder).contains(Self.note) else { return nil }
        let file = try fileSystem.open("\(folder)/\(Self.note)", .read)
        let text = String(decoding: try file.bytes(at: 0, count: 4096), as: UTF8.self)
        let lines = text.split(separator: "\n")
        let body = lines.dropLast().joined(separator: "\n") + "\n"
        let checksum = Array(body.utf8).withUnsafeBytes { Checksum.crc32c($0) }
        guard lines.count == 4, lines[0] == Self.title, lines[1].hasPrefix("snapshot "), lines[2].hasPrefix("log "),
            lines[3] == "checksum \(String(checksum, radix: 16))",
            let snapshot = UniqueID(lines[1].dropFirst("snapshot ".count)),
            let replacesLog = Bool(String(lines[2].dropFirst("log ".count)))
        else { throw LogError.damage("The note of a snapshot's installation is damaged.", file: file.path, offset: 0) }
        self.init(snapshot: snapshot, replacesLog: replacesLog)
    }

    /// Each step looks at what is there: it may have been done before a crash.
    private func perform(in data: String, _ fileSystem: any FileSystem) throws(LogError) {
        let folder = data + "/snapshot"
        let aside = "\(data)/replaced/\(snapshot)"
        try fileSystem.createDirectory("\(data)/replaced")
        try fileSystem.createDirectory(aside)
        let hasDatabase = try fileSystem.names(in: folder).contains("database.sqlite")
        let hasLog = replacesLog ? try !fileSystem.names(in: "\(folder)/log").isEmpty : false
        if hasDatabase {
            let names = try fileSystem.names(in: data)
            // The database goes before its write-ahead log, without which it is older, not torn.
            for name in ["tandem.sqlite", "tandem.sqlite-wal", "tandem.sqlite-shm"] where names.contains(name) {
                try fileSystem.rename("\(data)/\(name)", to: "\(aside)/\(name)")
            }
        }
        if hasLog, try !fileSystem.names(in: "\(data)/log").isEmpty {
            try fileSystem.rename("\(data)/log", to: "\(aside)/log")
        }
        // No new file may meet the old write-ahead log after a power cut.
        try fileSystem.synchronizeDirectory(aside)
        try fileSystem.synchronizeDirectory(data)
        if hasLog { try fileSystem.rename("\(folder)/log", to: "\(data)/log") }
        if hasDatabase { try fileSystem.rename("\(folder)/database.sqlite", to: "\(data)/tandem.sqlite") }
        try fileSystem.synchronizeDirectory(data)
        try fileSystem.synchronizeDirectory(folder)
        try fileSystem.remove("\(folder)/\(Self.note)")
        try fileSystem.synchronizeDirectory(folder)
    }
}
