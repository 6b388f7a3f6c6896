import Foundation
import Glibc
import NIOConcurrencyHelpers
import TandemLog
import TandemReplication

/// Where a node's files lie, held by one process at a time.
///
/// | name | what |
/// | --- | --- |
/// | `LOCK` | locked (flock) while a node runs |
/// | `node.state` | the node's identity and promises |
/// | `log/` | the log's segments |
/// | `tandem.sqlite` | the database, with `-wal` and `-shm` beside it |
/// | `founding.sqlite` | a database that is being imported or restored, until it is whole |
/// | `tandem.sqlite-content` | what the database's file looked like when it was closed with checksums that are true |
/// | `divergent/` | tails of the log that a new reign cut off |
/// | `snapshot/` | a snapshot that comes from another node |
/// | `snapshots/` | copies of the database that other nodes fetch, and what is being removed |
/// | `replaced/` | what a snapshot took the place of, until the node is whole |
/// | `archiving/`, `archive.mark` | the file that an archive command is given, and the name of the last one it has taken |
/// | `maintenance` | there while the node is in maintenance |
/// | `users` | users that were made while the node was stopped, until they are in the database |
final class DataDirectory: Sendable {
    let path: String
    private let lock: Int32
    private let isReleased = NIOLockedValueBox(false)

    var stateFile: String { path + "/node.state" }
    var log: String { path + "/log" }
    var database: String { path + "/tandem.sqlite" }
    var founding: String { path + "/founding.sqlite" }
    var firstUsers: String { path + "/users" }
    var maintenance: String { path + "/maintenance" }
    var divergent: String { path + "/divergent" }
    var snapshot: String { path + "/snapshot" }
    var copies: String { path + "/snapshots" }
    var replaced: String { path + "/replaced" }
    var archiving: String { path + "/archiving" }
    var archiveMark: String { path + "/archive.mark" }

    /// Makes the directory where it is missing, and locks it.
    ///
    /// - Throws: ``TandemError`` (`dataDirectory`) with what is wrong and what to do.
    init(_ path: String) throws(TandemError) {
        self.path = path
        try Self.make(path)
        let file = path + "/LOCK"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("cannot write in the data directory \(path)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isTaken = errno == EWOULDBLOCK
            let error =
                isTaken
                ? TandemError(
                    .dataDirectory,
                    "the data directory \(path) is in use by another node; stop it, or choose another directory")
                : Self.failure("cannot lock \(file)")
            close(descriptor)
            throw error
        }
        lock = descriptor
    }

    deinit { release() }

    /// Lets another node have the directory.
    func release() {
        let wasReleased = isReleased.withLockedValue { isReleased in
            defer { isReleased = true }
            return isReleased
        }
        if !wasReleased { close(lock) }
    }

    /// Removes a copy of the database, on a thread of its own: even a name may wait for the file system's journal.
    func discardCopy(_ path: String) {
        Thread.start(named: "tandem-removal") { SystemFileSystem().discard(path) }
    }

    /// Removes what a snapshot took the place of, as far as it is there, on a thread of its own. It lies among the copies until it
    /// is gone, where a crash leaves it for the next start: the name may be needed for what the next snapshot takes the place of.
    func discardReplaced() {
        guard access(replaced, F_OK) == 0 else { return }
        let aside = "\(copies)/\(UniqueID.random())"
        mkdir(copies, 0o750)
        guard rename(replaced, aside) == 0 else { return }
        discardCopy(aside)
    }

    private static func make(_ path: String) throws(TandemError) {
        do throws(LogError) {
            try SystemFileSystem().createDirectories(path, mode: 0o700)
        } catch {
            let reason = error.errorNumber.map { String(cString: strerror($0)) } ?? error.message
            throw TandemError(.dataDirectory, "cannot make the data directory \(path): \(reason)")
        }
        var information = stat()
        guard stat(path, &information) == 0 else { throw failure("cannot use the data directory \(path)") }
        guard information.st_mode & S_IFMT == S_IFDIR else {
            throw TandemError(.dataDirectory, "\(path) is a file, not a directory; choose another --data")
        }
    }

    private static func failure(_ message: String) -> TandemError {
        TandemError(.dataDirectory, "\(message): \(String(cString: strerror(errno)))")
    }
}
