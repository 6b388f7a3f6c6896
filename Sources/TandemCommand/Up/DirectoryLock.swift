import Glibc

/// Looks at data directories without touching them.
enum DirectoryLock {
    /// Whether a node runs with this data directory: it holds the lock of `LOCK`.
    static func isHeld(_ path: String) -> Bool {
        let file = open(path + "/LOCK", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
