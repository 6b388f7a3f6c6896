/// What the log needs of a file system. There is one implementation; tests have another that loses what was not
/// made durable, fills up and fails.
package protocol FileSystem: Sendable {
    func open(_ path: String, _ mode: FileMode) throws(LogError) -> any File
    /// The names in a directory, in no order; empty if there is no such directory.
    func names(in directory: String) throws(LogError) -> [String]
    func createDirectory(_ path: String) throws(LogError)
    func rename(_ path: String, to newPath: String) throws(LogError)
    func remove(_ path: String) throws(LogError)
    /// The same, where nobody waits for the room: it comes back a little later. Who has the file open can go on reading.
    func removeUnhurried(_ path: String) throws(LogError)
    /// Makes the names in a directory durable.
    func synchronizeDirectory(_ path: String) throws(LogError)
    /// Takes an exclusive lock that ends with the object returned, or with the process.
    func lock(_ path: String) throws(LogError) -> any FileLock
}

extension FileSystem {
    package func removeUnhurried(_ path: String) throws(LogError) { try remove(path) }
}

package enum FileMode: Sendable {
    case read
    case readWrite
    /// Creates the file, or empties the one that is there.
    case create
}

package protocol FileLock: AnyObject {}

/// An open file; closed with its last reference.
package protocol File: AnyObject, Sendable {
    var path: String { get }
    /// Whether the file still lies under its path: not removed, and not moved away with its directory.
    var isInPlace: Bool { get }
    func size() throws(LogError) -> Int
    /// Reads at `offset` until `buffer` is full or the file ends.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(LogError) -> Int
    /// Writes `first` and `second` one behind the other, in one call where that is possible.
    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int) throws(LogError)
    /// Reserves space and makes the file at least so long.
    func allocate(_ size: Int) throws(LogError)
    /// Makes what was written durable.
    func synchronize() throws(LogError)
    /// Sends a range to the disk now; no promise.
    func writeBack(from offset: Int, count: Int) throws(LogError)
}

extension File {
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(LogError) {
        try write(bytes, UnsafeRawBufferPointer(start: nil, count: 0), at: offset)
    }

    package func write(_ bytes: [UInt8], at offset: Int) throws(LogError) {
        try bytes.withUnsafeBufferPointer { pointer throws(LogError) in
            try write(UnsafeRawBufferPointer(pointer), at: offset)
        }
    }

    /// All of the file from `offset`, at most `count` bytes.
    package func bytes(at offset: Int, count: Int) throws(LogError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: max(0, count))
        let read = try result.withUnsafeMutableBufferPointer { buffer throws(LogError) in
            try self.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
        result.removeLast(result.count - read)
        return result
    }

    /// Overwrites a range with zeros.
    func writeZeros(from offset: Int, count: Int) throws(LogError) {
        let zeros = [UInt8](repeating: 0, count: min(count, 1 << 20))
        var written = 0
        while written < count {
            let part = min(count - written, zeros.count)
            try zeros.withUnsafeBufferPointer { pointer throws(LogError) in
                try write(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: pointer[..<part])), at: offset + written)
            }
            written += part
        }
    }
}
