import CTandemLog
import Glibc

/// A file without a name: nobody else opens it, and its room is given back when the object goes, or the process.
///
/// It belongs to one thread at a time.
package final class NamelessFile {
    private let descriptor: Int32
    private let directory: String
    /// How many bytes have been appended.
    package private(set) var size = 0

    /// - Parameter directory: a folder of the file system that has the room.
    /// - Throws: ``LogError``: `inputOutput`, `diskFull`.
    package init(in directory: String) throws(LogError) {
        self.directory = directory
        let descriptor = ctandemlog_open_nameless(directory)
        guard descriptor >= 0 else { throw .system("make", directory) }
        self.descriptor = descriptor
    }

    deinit { RemovedFiles.shared.add(descriptor, waits: false) }

    /// Writes behind what has been written.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = pwrite(descriptor, base, rest.count, off_t(size))
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw .system("write", directory, offset: size)
            }
            size += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Reads as much as fits.
    ///
    /// - Throws: ``LogError``: `inputOutput`, also where the file is shorter.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(LogError) {
        var done = 0
        while done < buffer.count, let base = buffer.baseAddress {
            let count = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw .system("read", directory, offset: offset + done, number: count == 0 ? EIO : nil)
            }
            done += count
        }
    }
}
