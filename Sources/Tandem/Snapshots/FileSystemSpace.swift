import Glibc

/// How much room a file system has.
struct FileSystemSpace: Hashable {
    /// In bytes; what unprivileged processes may use.
    var free: UInt64
    var total: UInt64

    /// Of the file system that `path` is on; nil if it does not tell.
    init?(at path: String) {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return nil }
        free = UInt64(information.f_bavail) * UInt64(information.f_frsize)
        total = UInt64(information.f_blocks) * UInt64(information.f_frsize)
    }
}
