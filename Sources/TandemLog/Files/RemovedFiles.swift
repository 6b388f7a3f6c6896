import CTandemLog
import Glibc
import Synchronization

/// Gives back the room of large files whose names are gone already, on a thread of its own.
///
/// The system takes its time over it (on ext4 15 ms for 64 MiB, 3 s for 10 GiB), and who flushes a file meanwhile waits for
/// the file system's journal (0.13 to 0.28 s for 10 GiB removed in one go, 10 to 20 ms cut piece by piece). A file that somebody
/// has open, whoever it is, stays whole for him, and one with another name anyway.
final class RemovedFiles: Sendable {
    static let shared = RemovedFiles()

    /// A file that keeps its room because it is open.
    private struct RemovedFile {
        let descriptor: Int32
        /// How long it still is.
        var size: Int
    }

    private struct State {
        var files: [RemovedFile] = []
        var hasThread = false
    }

    /// What is to be done with a file that has come.
    private enum Reception {
        case taken
        case takenFirst
        case refused
    }

    /// Smaller files are gone at once.
    private static let minimum = 1 << 20
    static let piece = 16 << 20
    private static let pauseInMicroseconds: useconds_t = 10_000
    /// Where less is free nothing is waited for.
    private static let scarceRoom: UInt64 = 1 << 30
    /// So many files are kept open, and so many of those whose removers have time.
    private static let maximum = 144
    private static let maximumOfWaiting = 8

    private let state = Mutex(State())

    /// Whether all room has been given back.
    var isIdle: Bool { state.withLock { !$0.hasThread } }

    /// Removes the name now, and gives the room back by and by.
    ///
    /// - Parameter waits: whether the caller has time until there is a place among those that wait. Without it the file's room is
    ///   given back here where there is none.
    /// - Returns: whether the name is gone; `errno` says why not.
    func remove(_ path: String, waits: Bool) -> Bool {
        let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard unlink(path) == 0 else {
            let reason = errno
            if descriptor >= 0 { close(descriptor) }
            errno = reason
            return false
        }
        if descriptor >= 0 { add(descriptor, waits: waits) }
        return true
    }

    /// Takes over an open file that is to have no name any more.
    func add(_ descriptor: Int32, waits: Bool) {
        guard let size = Self.sizeOfNameless(descriptor), size >= Self.minimum else {
            close(descriptor)
            return
        }
        let file = RemovedFile(descriptor: descriptor, size: size)
        var reception = receive(file, waits: waits)
        while reception == .refused, waits {
            usleep(Self.pauseInMicroseconds)
            reception = receive(file, waits: waits)
        }
        switch reception {
        case .taken: return
        case .refused: close(descriptor)
        case .takenFirst:
            if ctandemlog_start_thread({ _ in RemovedFiles.shared.run() }, nil) != 0 { giveUp() }
        }
    }

    private func receive(_ file: RemovedFile, waits: Bool) -> Reception {
        state.withLock { state in
            guard state.files.count < (waits ? Self.maximumOfWaiting : Self.maximum) else { return .refused }
            state.files.append(file)
            defer { state.hasThread = true }
            return state.hasThread ? .taken : .takenFirst
        }
    }

    /// There is no thread: it takes as long as it takes.
    private func giveUp() {
        let files = state.withLock { state in
            defer { state = State() }
            return state.files
        }
        for file in files { close(file.descriptor) }
    }

    private func run() {
        while let file = next() { shorten(file) }
    }

    /// The smallest, so that those which are quickly gone do not wait for the largest.
    private func next() -> RemovedFile? {
        state.withLock { state in
            guard let place = state.files.indices.min(by: { state.files[$0].size < state.files[$1].size }) else {
                state.hasThread = false
                return nil
            }
            return state.files.remove(at: place)
        }
    }

    /// Takes a piece off the file, and puts it back among the others if there is more.
    private func shorten(_ file: RemovedFile) {
        // Its new end is that of a block: of a block that is cut the rest would be written.
        let rest = (file.size - 1) / Self.piece * Self.piece
        guard rest > 0, Self.isOpenOnce(file.descriptor), ftruncate(file.descriptor, off_t(rest)) == 0
        else {
            close(file.descriptor)
            return
        }
        state.withLock { $0.files.append(RemovedFile(descriptor: file.descriptor, size: rest)) }
        if Self.hasRoom(file.descriptor) { usleep(Self.pauseInMicroseconds) }
    }

    /// Whether nobody else has the file open; false, too, where the file system does not tell.
    static func isOpenOnce(_ descriptor: Int32) -> Bool { ctandemlog_is_open_once(descriptor) != 0 }

    private static func hasRoom(_ descriptor: Int32) -> Bool {
        var status = statvfs()
        guard fstatvfs(descriptor, &status) == 0 else { return true }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) >= scarceRoom
    }

    /// How long a regular file is that has no name any more; nil for another.
    private static func sizeOfNameless(_ descriptor: Int32) -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return status.st_nlink == 0 ? Int(status.st_size) : nil
    }
}
