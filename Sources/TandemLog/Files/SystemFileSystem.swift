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

    package func createDirectory(_ path: String) throws(LogError) {
        guard mkdir(path, 0o750) == 0 else {
            if errno == EEXIST { return }
            throw .system("create", path)
        }
        let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        try synchronizeDirectory(parent.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : parent)
    }

    package func rename(_ path: String, to newPath: String) throws(LogError) {
        let result = Glibc.rename(path, newPath)
        guard result == 0 else { throw .system("rename", path) }
    }

    package func remove(_ path: String) throws(LogError) {
        guard unlink(path) == 0 else { throw .system("remove", path) }
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
