import ArgumentParser
import Foundation
import TandemLog

/// A file that a command makes: under another name until it is whole, and for its owner alone.
struct TargetFile {
    let path: String
    var partial: String { path + ".partial" }

    /// - Throws: `ValidationError` if it is there already, or cannot be made.
    init(_ path: String) throws {
        self.path = path
        guard !FileManager.default.fileExists(atPath: path) else {
            throw ValidationError("\(path) is there already; name another file, or move it away")
        }
        clear()
        // All data is in it: nobody else may read it, not even while it is written.
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ValidationError("\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }

    /// Drops what is behind so many bytes.
    func truncate(to size: UInt64) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: partial))
        try handle.truncate(atOffset: size)
        try handle.close()
    }

    /// Makes the file durable, and gives it its name.
    func finish() throws {
        let fileSystem = SystemFileSystem()
        try fileSystem.open(partial, .readWrite).synchronize()
        try fileSystem.rename(partial, to: path)
        try fileSystem.synchronizeDirectory(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    /// What is half done only takes room.
    func clear() {
        for suffix in ["", "-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: partial + suffix) }
    }
}
