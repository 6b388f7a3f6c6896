import CTandemSQLite
import Glibc
import TandemLog

extension WriterConnection {
    /// Whether the write-ahead log is long enough to be copied into the database.
    public var wantsCheckpoint: Bool { walPages >= options.checkpointPages }

    /// Whether it has become so long that somebody should wait for that. While a reader's transaction holds it, for a
    /// snapshot say, each attempt looks at all of its pages for nothing: it is made again after a quarter more of them.
    public var mustCheckpoint: Bool {
        walPagesHeld == 0
            ? walPages > 4 * options.checkpointPages
            : walPages - walPagesHeld > max(options.checkpointPages, walPagesHeld / 4)
    }

    /// Readers that follow each other closely keep the write-ahead log from being begun anew for ever, although each is
    /// brief, and it fills the disk. From twice the length on at which somebody waits for the copying, the readers are
    /// waited for as well: those that begin once all is copied do not use it any more.
    private var isStarved: Bool { walPages > 8 * options.checkpointPages }

    /// How long readers are waited for at most, in milliseconds; nobody writes meanwhile.
    private static let waitForReaders: Int32 = 250

    /// Copies the write-ahead log into the database and syncs it, as far as readers let it. To be called between
    /// groups, when nobody waits for the writer; ``beginGroup(into:segment:)`` does so itself when the log has become
    /// four times as long as it should be.
    ///
    /// Where it has become eight times as long, readers are waited for, a quarter of a second at most.
    ///
    /// - Parameter evenIfShort: whether to do it before ``wantsCheckpoint``.
    /// - Returns: whether everything was copied, so that ``durableAppliedIndex`` is ``applied`` now.
    /// - Throws: ``SQLiteError`` if the file cannot be written. After a flush that failed (``flushFailure``) every later
    ///   call throws: the system may call clean what it has not written, so that a second flush would succeed, and a
    ///   power cut in the middle of the copying would find neither the old pages nor the write-ahead log's.
    @discardableResult
    public func checkpointIfNeeded(evenIfShort: Bool = false) throws(SQLiteError) -> Bool {
        if let flushFailure { throw flushFailure }
        guard group == .none, !connection.isInTransaction, evenIfShort || wantsCheckpoint else { return false }
        let (code, pages, copied) = isStarved ? checkpointWaitingForReaders() : checkpoint(SQLITE_CHECKPOINT_PASSIVE)
        // Only this connection writes, but a reader that starts just now may hold a lock for a moment.
        if code & 0xFF == SQLITE_BUSY {
            if isStarved { walPagesHeld = walPages }
            return false
        }
        if code == SQLiteResultCode.flushFailed { throw flushFailed() }
        guard code == SQLITE_OK else { throw SQLiteError(connection.handle, resultCode: code) }
        guard copied >= pages else {
            walPagesHeld = Int(pages)
            return false
        }
        walPages = 0
        walPagesHeld = 0
        durableAppliedIndex = applied.position.index
        return true
    }

    private func checkpoint(_ mode: Int32) -> (code: Int32, pages: Int32, copied: Int32) {
        var (pages, copied): (Int32, Int32) = (0, 0)
        let code = sqlite3_wal_checkpoint_v2(connection.handle, "main", mode, &pages, &copied)
        return (code, pages, copied)
    }

    private func checkpointWaitingForReaders() -> (code: Int32, pages: Int32, copied: Int32) {
        sqlite3_busy_timeout(connection.handle, Self.waitForReaders)
        defer { sqlite3_busy_timeout(connection.handle, Int32(options.busyTimeout / .milliseconds(1))) }
        return checkpoint(SQLITE_CHECKPOINT_RESTART)
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
        guard let path = sqlite3_db_filename(connection.handle, "main"),
            stat("\(String(cString: path))-wal", &status) == 0
        else { return 0 }
        return Int(status.st_size)
    }

    /// Closing would checkpoint, too.
    private func flushFailed() -> SQLiteError {
        _ = ctandem_configure(connection.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        let error = SQLiteError(
            .engine,
            "The database cannot be flushed: \(String(cString: sqlite3_errmsg(connection.handle))). Start the node again once the disk is sound.",
            resultCode: SQLiteResultCode.flushFailed)
        flushFailure = error
        return error
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
