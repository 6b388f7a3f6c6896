import CTandemSQLite
import Glibc
import TandemLog

// The write-ahead log's file: emptied, shortened, written anew.
extension WriterConnection {
    /// How long the file may stay once it has been begun anew.
    private static let keptLogBytes = 64 << 20
    /// So much of it is cut off at once. To cut a GiB takes hundreds of milliseconds, in which nobody writes.
    private static let cutAtOnce = 8 << 20

    /// Notes how many pages the write-ahead log has after a COMMIT.
    func logHas(pages: Int) {
        if pages < walEnd {
            oldLogBytes = Self.logBytes(of: connection)
            (walPagesHeld, walPagesSeen, walPagesAwaited) = (0, 0, 0)
        }
        walPages = pages
        walEnd = pages
    }

    /// Whether the write-ahead log was begun anew in a file that is longer than it should be: a reader has held it for long.
    public var wantsShorterLog: Bool { oldLogBytes > Self.keptLogBytes && oldLogBytes > logBytesInUse }

    private var logBytesInUse: Int { 32 + walEnd * (pageSize + 24) }

    /// Cuts a piece off the end of such a file, in a transaction of its own, between groups. Where another program writes just
    /// now, nothing happens.
    public func shortenLog() {
        guard wantsShorterLog, group == .none, !connection.isInTransaction else { return }
        capture.statements.letWrite()
        sqlite3_busy_timeout(connection.handle, 0)
        let hasBegun = (try? runOwn("BEGIN IMMEDIATE")) != nil
        sqlite3_busy_timeout(connection.handle, Int32(options.busyTimeout / .milliseconds(1)))
        guard hasBegun else { return }
        cutLog()
        // Where that fails no group can begin, which says why.
        try? runOwn("ROLLBACK")
    }

    /// Cuts a piece off the end of such a file, within a transaction that has written nothing yet. SQLite would cut all of it at
    /// once (`PRAGMA journal_size_limit`).
    ///
    /// Nobody needs what is behind the last COMMIT's pages: the log is begun anew only when no reader uses it, and nobody else
    /// writes during the transaction. Not cut where there are pages of the present log: another program's, or of a large
    /// transaction that was rolled back.
    func cutLog() {
        guard wantsShorterLog, let path = Self.logPath(of: connection) else { return }
        let length = max(Self.keptLogBytes, logBytesInUse, oldLogBytes - Self.cutAtOnce)
        let isCut = !WriteAheadLogFile(path: path).hasFrame(at: logBytesInUse) && truncate(path, off_t(length)) == 0
        // Otherwise the file stays as it is until the log is begun anew once more.
        oldLogBytes = isCut ? length : 0
    }

    /// Copies a write-ahead log of more than a MiB that a crash has left behind into the database, and empties it: on a disk
    /// that it has filled nothing else could be written. What does not work for want of room, or because somebody reads, stays.
    ///
    /// - Returns: whether it was emptied.
    /// - Throws: ``SQLiteError`` if the database cannot be flushed.
    static func emptyLongLog(_ connection: Connection) throws(SQLiteError) -> Bool {
        guard logBytes(of: connection) > 1 << 20 else { return false }
        let code = sqlite3_wal_checkpoint_v2(connection.handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        if code == SQLiteResultCode.flushFailed {
            _ = ctandem_configure(connection.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            throw SQLiteError(connection.handle, resultCode: code)
        }
        return code == SQLITE_OK
    }

    /// Copies the write-ahead log into the database and empties it, if nobody reads.
    func emptyLog() {
        let code = sqlite3_wal_checkpoint_v2(connection.handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        if code == SQLiteResultCode.flushFailed { _ = flushFailed() }
    }

    /// The size of the write-ahead log's file.
    private static func logBytes(of connection: Connection) -> Int {
        var status = stat()
        guard let path = logPath(of: connection), stat(path, &status) == 0 else { return 0 }
        return Int(status.st_size)
    }

    private static func logPath(of connection: Connection) -> String? {
        sqlite3_db_filename(connection.handle, "main").map { "\(String(cString: $0))-wal" }
    }

    /// Writes the write-ahead log that a crash has left behind again, as it is, and flushes it.
    ///
    /// After a flush that failed, the system may hold its bytes in memory, call them clean, and not have them on the
    /// disk: only writing them makes the checkpoint's flush mean something. Nobody may have the database open.
    public static func rewriteLog(of path: String) throws(LogError) {
        let path = path + "-wal"
        guard access(path, F_OK) == 0 else { return }
        let file = try SystemFileSystem().open(path, .readWrite)
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { chunk.deallocate() }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var offset = 0
        while true {
            let count = try file.read(into: chunk, at: offset)
            guard count > 0 else { break }
            try file.write(UnsafeRawBufferPointer(rebasing: chunk[..<count]), nothing, at: offset)
            offset += count
        }
        try file.synchronize()
    }
}
