#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// SQLite's write-ahead log as a file ("The WAL File Format" in its documentation): which pages its commits have written.
///
/// Checksums are not looked at: a torn end has other salts, or belongs to the node's own last commit.
struct WriteAheadLogFile {
    let path: String
    private static let headerSize = 32
    private static let frameHeaderSize = 24

    /// Whether there is none, or nothing in it.
    var isEmpty: Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_size == 0
    }

    /// Whether there are commits in it, and each of them has written `page`.
    func hasCommitsOf(page: UInt32) -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        guard let header = Self.read(file, at: 0, count: Self.headerSize), header[0] & ~1 == 0x377F_0682 else {
            return false
        }
        let size = header[2] == 1 ? 65536 : Int(header[2])
        var place = Self.headerSize
        var (commits, hasPage) = (0, false)
        // Page number, pages behind a commit or 0, salts, checksums.
        while let frame = Self.read(file, at: place, count: Self.frameHeaderSize), frame[2] == header[4],
            frame[3] == header[5]
        {
            if frame[0] == page { hasPage = true }
            if frame[1] != 0 {
                guard hasPage else { return false }
                (commits, hasPage) = (commits + 1, false)
            }
            place += Self.frameHeaderSize + size
        }
        return commits > 0
    }

    /// Whether a page of the log begins at `offset`: what is left of a log before it has other salts.
    func hasFrame(at offset: Int) -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return true }
        defer { close(file) }
        guard let header = Self.read(file, at: 0, count: Self.headerSize),
            let frame = Self.read(file, at: offset, count: Self.frameHeaderSize)
        else { return true }
        return frame[2] == header[4] && frame[3] == header[5]
    }

    /// Words of four bytes, the highest first; nil at the end of the file.
    private static func read(_ file: Int32, at offset: Int, count: Int) -> [UInt32]? {
        var words = [UInt32](repeating: 0, count: count / 4)
        let got = words.withUnsafeMutableBytes { pread(file, $0.baseAddress, count, off_t(offset)) }
        return got == count ? words.map(UInt32.init(bigEndian:)) : nil
    }
}
