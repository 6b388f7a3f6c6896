import Glibc
import TandemLog
import TandemSQLite

/// A SQLite database that some other program owns, and may have open.
///
/// SQLite itself reads it where it can do so without leaving anything beside it. It could not where a database with a
/// write-ahead log is not open, or a crash has left a journal: then nobody uses the files, they are copied as they are,
/// and SQLite recovers the copy.
struct ForeignDatabase {
    private let path: String

    /// - Throws: ``TandemError`` if there is no such file.
    init(_ path: String) throws(TandemError) {
        self.path = path
        guard FileStamp(path) != nil else { throw TandemError(.unavailable, "there is no file at \(path)") }
    }

    /// Copies it whole, with what is still in its write-ahead log.
    func copy(to target: String) throws {
        do {
            if try mustCopyFiles() { return try copyFiles(to: target) }
            try copy(DatabaseFile(path, .read), to: target)
        } catch let error as SQLiteError {
            throw TandemError(.unavailable, "\(path) cannot be read: \(error.message)", cause: error)
        }
    }

    /// What cannot be written is the copy: the database, which is open, is only read.
    private func copy(_ database: DatabaseFile, to target: String) throws {
        do throws(SQLiteError) {
            try database.copy(to: target)
        } catch {
            guard error.isOfWriting else { throw error }
            throw TandemError(
                .unavailable, "the copy of it, \(target), cannot be written: \(error.message)", cause: error)
        }
    }

    private func mustCopyFiles() throws -> Bool {
        if let journal = FileStamp(path + "-journal"), journal.size > 0 { return true }
        // Bytes 18 and 19: the versions that write and read it, 2 for a write-ahead log (SQLite's file format, 1.3).
        let versions = try SystemFileSystem().open(path, .read).bytes(at: 18, count: 2)
        let isOpen = FileStamp(path + "-wal") != nil && FileStamp(path + "-shm") != nil
        return versions.contains(2) && !isOpen
    }

    private func copyFiles(to target: String) throws {
        let suffixes = ["", "-wal", "-journal"]
        let before = suffixes.map { FileStamp(path + $0) }
        for (suffix, stamp) in zip(suffixes, before) where stamp != nil {
            try copyFile(path + suffix, to: target + suffix)
        }
        guard suffixes.map({ FileStamp(path + $0) }) == before else {
            throw TandemError(
                .unavailable, "\(path) was written while it was read: stop the program that uses it, or try again")
        }
    }

    private func copyFile(_ source: String, to target: String) throws {
        let (source, target) = (
            try SystemFileSystem().open(source, .read), try SystemFileSystem().open(target, .create)
        )
        var offset = 0
        while true {
            let bytes = try source.bytes(at: offset, count: 1 << 20)
            guard !bytes.isEmpty else { return }
            try target.write(bytes, at: offset)
            offset += bytes.count
        }
    }
}

/// What changes when a file is written.
private struct FileStamp: Equatable {
    let size: Int
    private let inode: ino_t
    private let seconds: Int
    private let nanoseconds: Int

    /// Nil if there is no such file.
    init?(_ path: String) {
        var information = stat()
        guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
        size = Int(information.st_size)
        inode = information.st_ino
        seconds = information.st_mtim.tv_sec
        nanoseconds = information.st_mtim.tv_nsec
    }
}
