import Glibc

/// The file system of the operating system.
package struct SystemFileSystem: FileSystem {
    package init() {}

    package func open(_ path: String, _ mode: FileMode) throws(LogError) -> any File {
        switch mode {
        case .read: try SystemFile(path: path, flags: O_RDONLY)
        case .readWrite: try SystemFile(path: path, flags: O_RDWR)
        case .create: try SystemFile(path: path, flags: O_RDWR | O_CREAT | O_TRUNC)
        }
    }

    package func names(in directory: String) throws(LogError) -> [String] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT { return [] }
            throw .system("list", directory)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    package func createDirectory(_ path: String) throws(LogError) { try createDirectory(path, mode: 0o750) }

    /// The same, with other permissions where it is missing.
    package func createDirectory(_ path: String, mode: mode_t) throws(LogError) {
        let isNew = mkdir(path, mode) == 0
        guard isNew || errno == EEXIST else { throw .system("create", path) }
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        let parent = (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
        do throws(LogError) {
            // Also where it is there: whoever made it may have crashed before.
            try synchronizeDirectory(parent.isEmpty ? "." : parent)
        } catch {
            // Who may not look into the parent did not make it; there are file systems that flush no directory.
            guard !isNew, [EACCES, EINVAL, EROFS].contains(error.errorNumber) else { throw error }
        }
    }

    /// Makes a directory, and those that lead to it, where they are missing; durable when the call returns.
    package func createDirectories(_ path: String, mode: mode_t) throws(LogError) {
        var parent = path.hasPrefix("/") ? "/" : ""
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        for (number, part) in parts.enumerated() {
            parent += (number == 0 ? "" : "/") + part
            if number < parts.count - 1, access(parent, F_OK) == 0 { continue }
            try createDirectory(parent, mode: mode)
        }
    }

    package func rename(_ path: String, to newPath: String) throws(LogError) {
        let result = Glibc.rename(path, newPath)
        guard result == 0 else { throw .system("rename", path) }
    }

    package func remove(_ path: String) throws(LogError) {
        guard unlink(path) == 0 else { throw .system("remove", path) }
    }

    package func removeUnhurried(_ path: String) throws(LogError) {
        guard RemovedFiles.shared.remove(path, waits: false) else { throw .system("remove", path) }
    }

    /// Removes a file, or a folder with all that is in it; nothing where there is none. The names are gone when the call returns,
    /// for which it may take its time; the room is given back by and by, so that no commit waits for it. What cannot be removed
    /// stays where it is.
    package func discard(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            _ = RemovedFiles.shared.remove(path, waits: true)
            return
        }
        for name in (try? names(in: path)) ?? [] { discard("\(path)/\(name)") }
        rmdir(path)
    }

    package func synchronizeDirectory(_ path: String) throws(LogError) {
        let descriptor = SystemFileSystem.openDirectory(path)
        guard descriptor >= 0 else { throw .system("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("flush", path) }
    }

    private static func openDirectory(_ path: String) -> Int32 {
        Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }

    package func lock(_ path: String) throws(LogError) -> any FileLock {
        let file = try SystemFile(path: path, flags: O_RDWR | O_CREAT)
        try file.lock()
        return file
    }
}
