import CTandemLog
import Glibc

/// A file of the operating system.
final class SystemFile: File, FileLock {
    let path: String
    private let descriptor: Int32

    init(path: String, flags: Int32) throws(LogError) {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw .system("open", path) }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    var isInPlace: Bool { ctandemlog_is_in_place(descriptor, path) != 0 }

    func size() throws(LogError) -> Int {
        var size: Int64 = 0
        try check(ctandemlog_size(descriptor, &size), "measure")
        return Int(size)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(LogError) -> Int {
        var done = 0
        while done < buffer.count, let base = buffer.baseAddress {
            let count = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
            if count == 0 { break }
            if count < 0 {
                guard errno == EINTR else { throw .system("read", path, offset: offset + done) }
                continue
            }
            done += count
        }
        return done
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(LogError) {
        let total = first.count + second.count
        var done = 0
        while done < total {
            let count = writePart(first, second, skipping: done, at: offset)
            if count < 0 {
                guard errno == EINTR else { throw .system("write", path, offset: offset + done) }
                continue
            }
            done += count
        }
    }

    private func writePart(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, skipping done: Int, at offset: Int
    ) -> Int {
        let position = off_t(offset + done)
        if second.isEmpty || done >= first.count {
            let part = second.isEmpty ? first : second
            let skipped = second.isEmpty ? done : done - first.count
            return pwrite(descriptor, part.baseAddress.map { $0 + skipped }, part.count - skipped, position)
        }
        let rest = UnsafeMutableRawPointer(mutating: first.baseAddress.map { $0 + done })
        let vectors = [
            iovec(iov_base: rest, iov_len: first.count - done),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count),
        ]
        return pwritev(descriptor, vectors, 2, position)
    }

    func allocate(_ size: Int) throws(LogError) {
        try check(ctandemlog_allocate(descriptor, Int64(size)), "reserve space for")
    }

    func synchronize() throws(LogError) {
        try check(ctandemlog_synchronize(descriptor), "flush")
    }

    func writeBack(from offset: Int, count: Int) throws(LogError) {
        try check(ctandemlog_write_back(descriptor, Int64(offset), Int64(count)), "write back")
    }

    /// Takes an exclusive lock on the file, without waiting.
    func lock() throws(LogError) {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK {
                throw LogError(
                    .locked, "The log is open already, in another process or in this one. Stop that node first.",
                    file: path)
            }
            throw .system("lock", path)
        }
    }

    private func check(_ number: Int32, _ action: String) throws(LogError) {
        if number != 0 { throw .system(action, path, number: number) }
    }
}

extension LogError {
    /// The error of a system call that has just failed.
    static func system(_ action: String, _ path: String, offset: Int? = nil, number: Int32? = nil) -> LogError {
        let number = number ?? errno
        let reason = String(cString: strerror(number))
        let isFull = number == ENOSPC || number == EDQUOT
        return LogError(
            isFull ? .diskFull : .inputOutput, "Cannot \(action) the file: \(reason).", file: path,
            offset: offset.map(UInt64.init), errorNumber: number)
    }
}
