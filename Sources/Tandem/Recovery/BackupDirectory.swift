import Foundation
import Glibc
import TandemLog
import TandemReplication

/// Makes a backup of a snapshot that was received: a directory with the database, the end of the log, and a description
/// that is written last.
public struct BackupDirectory: Sendable {
    /// The directory's path, as it was given.
    public let path: String

    /// Makes the directory, for its owner alone.
    ///
    /// - Throws: ``TandemError`` (`dataDirectory`) if there is something in it.
    public init(_ path: String) throws(TandemError) {
        self.path = path
        let names: [String]
        do {
            try SystemFileSystem().createDirectory(path, mode: 0o700)
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw TandemError(.dataDirectory, "cannot make the directory \(path): \(error)")
        }
        guard names.isEmpty else {
            throw TandemError(.dataDirectory, "the directory \(path) is not empty; name another one")
        }
    }

    /// Where the snapshot is to be written.
    public var incoming: String { "\(path)/\(BackupManifest.database)" }

    /// Makes a backup of what lies at ``incoming``; durable when the call returns.
    ///
    /// - Parameter header: what came before the snapshot's bytes.
    /// - Throws: ``TandemError`` (`unavailable`), `LogError`; it is no backup then.
    public func seal(_ header: SnapshotHeader) throws {
        let fileSystem = SystemFileSystem()
        let file = try fileSystem.open(incoming, .readWrite)
        let segment = "\(path)/\(BackupManifest.segment)"
        try SnapshotFiles.extractSegment(header, from: file, to: segment)
        try fileSystem.open(segment, .readWrite).synchronize()
        guard truncate(incoming, off_t(header.databaseSize)) == 0 else {
            throw TandemError(
                .unavailable, "the backup \(incoming) cannot be shortened: \(String(cString: strerror(errno)))")
        }
        try file.synchronize()
        try BackupManifest(
            group: header.group, position: header.position, checksum: SnapshotFiles.checksum(of: incoming)
        ).write(in: path)
    }

    /// Removes what is half done.
    public func clear() { try? FileManager.default.removeItem(atPath: path) }
}
