import Foundation
import TandemLog

/// A file that remembers the last file an archive command has taken.
struct ArchiveMark {
    let path: String

    /// Nil if nothing is remembered, or it cannot be read: then everything the log has is archived once more.
    func read() throws -> ArchiveName? {
        guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
        return ArchiveName(String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Durable when the call returns.
    func write(_ name: ArchiveName) throws {
        let fileSystem = SystemFileSystem()
        let file = try fileSystem.open(path + ".new", .create)
        try file.write(Array("\(name)\n".utf8), at: 0)
        try file.synchronize()
        try fileSystem.rename(path + ".new", to: path)
        try fileSystem.synchronizeDirectory((path as NSString).deletingLastPathComponent)
    }
}
