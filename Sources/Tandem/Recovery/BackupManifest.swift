import Foundation
import TandemLog

/// What a backup that is a directory says of itself, in a small text with a checksum.
public struct BackupManifest: Hashable, Sendable {
    /// The name of the file with the database.
    public static let database = "database.sqlite"
    /// The name of the file with the end of the log that belongs to it.
    public static let segment = "segment.tandemlog"
    private static let name = "backup"
    private static let title = "tandem backup 1"

    /// The group whose backup it is.
    public var group: GroupID
    /// The last record that is in the database.
    public var position: Position
    /// The CRC-32C of the database's file.
    public var checksum: UInt32

    /// The description of a backup that is to be written.
    public init(group: GroupID, position: Position, checksum: UInt32) {
        self.group = group
        self.position = position
        self.checksum = checksum
    }

    /// Reads the description of the backup in `directory`.
    ///
    /// - Throws: ``TandemError`` (`damaged`).
    public init(in directory: String) throws(TandemError) {
        let path = "\(directory)/\(Self.name)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TandemError(
                .damaged,
                "\(directory) is no backup: the file '\(Self.name)' that a whole one has is not there, or cannot be read"
            )
        }
        let text = String(decoding: data, as: UTF8.self)
        let lines = text.split(separator: "\n").map {
            $0.split(separator: " ", maxSplits: 1).last.map(String.init) ?? ""
        }
        guard text.hasPrefix(Self.title + "\n"), lines.count == 5, let group = GroupID(lines[1]),
            let position = Position(lines[2]), let checksum = UInt32(lines[3], radix: 16)
        else { throw TandemError(.damaged, "\(path) is not what tandem backup writes") }
        self.init(group: group, position: position, checksum: checksum)
        guard text == self.text else {
            throw TandemError(.damaged, "\(path) is damaged: its checksum does not fit")
        }
    }

    /// Writes it, which makes the backup whole; durable when the call returns.
    ///
    /// - Throws: `LogError`; the backup is not whole then.
    public func write(in directory: String) throws(LogError) {
        let fileSystem = SystemFileSystem()
        let path = "\(directory)/\(Self.name)"
        let file = try fileSystem.open(path + ".new", .create)
        try file.write(Array(text.utf8), at: 0)
        try file.synchronize()
        try fileSystem.rename(path + ".new", to: path)
        try fileSystem.synchronizeDirectory(directory)
    }

    private var text: String {
        let body = "\(Self.title)\ngroup \(group)\nposition \(position)\ndatabase \(String(checksum, radix: 16))\n"
        let own = Array(body.utf8).withUnsafeBytes { Checksum.crc32c($0) }
        return "\(body)checksum \(String(own, radix: 16))\n"
    }
}
