import Foundation
import TandemLog
import TandemReplication
import TandemSQLite

/// A backup, as `tandem backup` makes it: one file, or a directory with what describes and checks it.
struct BackupSource {
    let database: String
    /// The end of the log that the backup brings along; nil where it is one file.
    let segment: ArchiveFile?
    let position: Position
    private let checksum: UInt32?

    /// - Throws: ``TandemError``, ``LogError``, ``SQLiteError`` that say what is wrong with it.
    init(_ path: String) throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw TandemError(.unavailable, "there is no backup at \(path)")
        }
        guard isDirectory.boolValue else {
            (database, segment, checksum) = (path, nil, nil)
            position = try Self.position(of: path)
            return
        }
        let manifest = try BackupManifest(in: path)
        database = path + "/" + BackupManifest.database
        segment = try ArchiveFile(at: path + "/" + BackupManifest.segment)
        checksum = manifest.checksum
        position = try Self.position(of: database)
        guard position == manifest.position else {
            throw TandemError(
                .damaged, "the backup \(path) is not what its description says: the database is at \(position)")
        }
    }

    /// Copies the database, and compares its checksum where there is one.
    func copy(to path: String) throws {
        let (source, target) = (
            try SystemFileSystem().open(database, .read), try SystemFileSystem().open(path, .create)
        )
        var (offset, found) = (0, UInt32(0))
        while true {
            let bytes = try source.bytes(at: offset, count: 1 << 20)
            guard !bytes.isEmpty else { break }
            found = bytes.withUnsafeBytes { Checksum.crc32c($0, continuing: found) }
            try target.write(bytes, at: offset)
            offset += bytes.count
        }
        guard let checksum, checksum != found else { return }
        throw TandemError(.damaged, "the backup's database \(database) is damaged: its checksum is not what it was")
    }

    private static func position(of path: String) throws -> Position {
        do throws(SQLiteError) {
            let file = try DatabaseFile(path, .immutable)
            guard try file.hasOwnTables() else {
                throw SQLiteError(
                    .unsupported,
                    "It is a database, but no backup of a node (tandem backup). Is tandem import meant?")
            }
            return try file.appliedPosition()
        } catch {
            throw TandemError(.damaged, "the backup \(path) cannot be used: \(error.message)", cause: nil)
        }
    }
}
