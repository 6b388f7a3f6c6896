import Foundation
import Glibc
import TandemLog
import TandemReplication

/// The files of a snapshot that a node receives, in `DATA/snapshot/`.
///
/// | name | what |
/// | --- | --- |
/// | `incoming`, `header` | what has come so far, and what it is part of |
/// | `segment` | the image of the segment that the log goes on with |
/// | `database.sqlite`, `log/` | whole and durable |
/// | `install` | the decision to install them (``SnapshotInstallation``) |
struct SnapshotFiles {
    let folder: String
    private var incoming: any File { get throws { try SystemFileSystem().open(folder + "/incoming", .readWrite) } }

    init(folder: String) { self.folder = folder }

    /// What an earlier run has left in part; nil if there is nothing to go on with.
    func partial() -> (header: SnapshotHeader, received: UInt64)? {
        guard let bytes = FileManager.default.contents(atPath: folder + "/header"),
            let size = try? incoming.size(), let header = SnapshotHeader(storedForm: Array(bytes))
        else { return nil }
        return (header, UInt64(size))
    }

    /// Begins anew.
    func begin(_ header: SnapshotHeader) throws {
        clear()
        let fileSystem = SystemFileSystem()
        try fileSystem.createDirectory(folder)
        _ = try fileSystem.open(folder + "/incoming", .create)
        try fileSystem.open(folder + "/header", .create).write(header.storedForm, at: 0)
    }

    /// Sends it to the disk at once: what piles up is written in one go, on file systems that keep an order (ext4) with
    /// anybody's flush, and a commit would wait for it.
    func write(_ bytes: [UInt8], at offset: UInt64) throws {
        let file = try incoming
        try file.write(bytes, at: Int(offset))
        do {
            try file.writeBack(from: Int(offset), count: bytes.count)
        } catch {
            // The system tells of it once, and shows from its memory what the disk does not have.
            clear()
            throw error
        }
    }

    /// Drops everything.
    func clear() { SystemFileSystem().discard(folder) }

    /// Flushes what has come, reads it again, and makes of it what can be installed.
    ///
    /// - Returns: the end of the log that comes with it; nil if the checksum does not fit.
    func seal(_ header: SnapshotHeader, segmentSize: Int) throws -> LogEnd? {
        let file = try incoming
        try file.synchronize()
        guard try file.size() == Int(header.totalSize),
            try Self.checksum(of: folder + "/incoming") == header.checksum
        else { return nil }
        try Self.extractSegment(header, from: file, to: folder + "/segment")
        guard truncate(folder + "/incoming", off_t(header.databaseSize)) == 0 else { throw failure("be shortened") }
        try file.synchronize()
        let end = try Log.create(
            directory: folder + "/log", from: folder + "/segment", options: .init(segmentSize: segmentSize))
        let fileSystem = SystemFileSystem()
        try fileSystem.rename(folder + "/incoming", to: folder + "/database.sqlite")
        try fileSystem.synchronizeDirectory(folder)
        return end.index == header.position.index ? end : nil
    }

    /// Copies what lies behind the database in `file` into a file of its own.
    static func extractSegment(_ header: SnapshotHeader, from file: any File, to path: String) throws {
        let segment = try SystemFileSystem().open(path, .create)
        var offset = 0
        while offset < Int(header.segmentSize) {
            let count = min(1 << 20, Int(header.segmentSize) - offset)
            try segment.write(try file.bytes(at: Int(header.databaseSize) + offset, count: count), at: offset)
            offset += count
        }
    }

    private func failure(_ what: String) -> TandemError {
        TandemError(.unavailable, "the snapshot in \(folder) cannot \(what): \(String(cString: strerror(errno)))")
    }

    /// The CRC-32C of a whole file.
    ///
    /// - Parameter read: is called after each mebibyte.
    static func checksum(of path: String, read: () throws -> Void = {}) throws -> UInt32 {
        let file = try SystemFileSystem().open(path, .read)
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { chunk.deallocate() }
        var (checksum, offset) = (UInt32(0), 0)
        while true {
            let count = try file.read(into: chunk, at: offset)
            guard count > 0 else { return checksum }
            checksum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: chunk[..<count]), continuing: checksum)
            offset += count
            try read()
        }
    }
}
