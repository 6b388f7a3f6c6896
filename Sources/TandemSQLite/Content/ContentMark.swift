#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A small file beside the database by which it is seen, before it is opened, whether another program has written to it
/// since the node had it open.
///
/// After a clean stop it says what the file system says of the database's file: whoever writes to it changes its times.
/// While the node has it open it names the page that each commit of the node's own writes, the applied position's: a commit
/// in the write-ahead log without that page is somebody else's. And somebody else who opens and closes the database after
/// the node was killed removes the write-ahead log, which the node never leaves empty.
///
/// Not flushed: a crash that loses it costs a scan of the tables.
struct ContentMark {
    private let database: String
    private var path: String { database + "-content" }
    private var log: WriteAheadLogFile { WriteAheadLogFile(path: database + "-wal") }
    private static let title = "tandem content 1"

    init(database: String) { self.database = database }

    /// Whether another program may have written to the database. To be asked before it is opened.
    var isForeign: Bool {
        guard let now = Self.description(of: database) else { return false }  // It is made now.
        guard let text = read() else { return true }
        if text == now { return !log.isEmpty }
        guard text.hasPrefix(Self.opened), let page = UInt32(text.dropFirst(Self.opened.count).dropLast()) else {
            return true
        }
        return !log.hasCommitsOf(page: page)
    }

    private static let opened = "\(title)\nopen, commits write page "

    /// The database was opened: each commit writes `page`.
    func opened(page: UInt32) { write("\(Self.opened)\(page)\n") }

    /// The database was closed, and the sums in it are those of its rows.
    func closed() {
        guard log.isEmpty, let text = Self.description(of: database) else { return remove() }
        write(text)
    }

    /// The database was closed, and it is not known whether the sums are those of its rows.
    func remove() { unlink(path) }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        // Half a mark is none.
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    }

    private func read() -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// What the file system says of the file that a change of its bytes would change; nil if there is none.
    private static func description(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let fields: [Int] = [
            Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
        return "\(title)\nclosed \(fields.map { String($0) }.joined(separator: " "))\n"
    }
}
