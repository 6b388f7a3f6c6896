import CTandemSQLite
import Glibc
import TandemLog

extension WriterConnection {
    /// Whether the write-ahead log is long enough to be copied into the database.
    public var wantsCheckpoint: Bool { walPages >= options.checkpointPages }

    /// Whether it has become so long that somebody should wait for that. While a reader's transaction keeps it from being begun
    /// anew, for a snapshot say, each attempt looks at all of its pages, or flushes two files for few: it is made again after
    /// a quarter more of them.
    public var mustCheckpoint: Bool {
        walPagesHeld == 0
            ? walPages > 4 * options.checkpointPages
            : walPages - walPagesHeld > max(options.checkpointPages, walPagesHeld / 4)
    }

    /// Readers that follow each other closely keep the write-ahead log from being begun anew for ever, although each is
    /// brief, and it fills the disk. From twice the length on at which somebody waits for the copying, the readers are
    /// waited for as well: those that begin once all is copied do not use it any more. Where that was in vain, again when it
    /// is a quarter longer.
    private func isStarved(_ pages: Int) -> Bool {
        pages > 8 * options.checkpointPages && pages > walPagesAwaited + walPagesAwaited / 4
    }

    /// How long readers are waited for at most, in milliseconds; nobody writes meanwhile.
    private static let waitForReaders: Int32 = 250

    /// Copies the write-ahead log into the database and syncs it, as far as readers let it. To be called between
    /// groups, when nobody waits for the writer; ``beginGroup(into:segment:)`` does so itself when the log has become
    /// four times as long as it should be.
    ///
    /// Where it has become eight times as long, readers are waited for, a quarter of a second at most; but not for one that
    /// reads since before the log grew by ``ConnectionOptions/checkpointPages``.
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
        let (code, pages, copied) = checkpoint(SQLITE_CHECKPOINT_PASSIVE)
        // A reader that starts just now may hold a lock for a moment.
        if code & 0xFF == SQLITE_BUSY { return false }
        try check(code)
        let isWhole = copied >= pages
        walPagesHeld = pages
        if isWhole { copiedAll() }
        // Who read a while ago reads still: a copy, a scan. To wait for that is in vain.
        let holdsLong = !isWhole && copied <= walPagesSeen
        if walPagesSeen == 0 || pages >= walPagesSeen + options.checkpointPages { walPagesSeen = pages }
        guard isStarved(pages), !holdsLong else { return isWhole }
        return try awaitReaders() || isWhole
    }

    /// Waits for the readers, so that the next COMMIT begins the log anew.
    ///
    /// - Returns: whether everything is copied.
    private func awaitReaders() throws(SQLiteError) -> Bool {
        let (code, pages, copied) = checkpointWaitingForReaders()
        if code & 0xFF == SQLITE_BUSY { walPagesAwaited = walEnd } else { try check(code) }
        // Busy may mean that others have begun to read meanwhile; that it has not begun at all, both are negative.
        guard pages >= 0, copied >= pages else { return false }
        copiedAll()
        return true
    }

    private func check(_ code: Int32) throws(SQLiteError) {
        if code == SQLiteResultCode.flushFailed { throw flushFailed() }
        guard code == SQLITE_OK else { throw SQLiteError(connection.handle, resultCode: code) }
    }

    /// The database's file has everything, safe from a power cut.
    private func copiedAll() {
        walPages = 0
        durableAppliedIndex = applied.position.index
    }

    private func checkpoint(_ mode: Int32) -> (code: Int32, pages: Int, copied: Int) {
        var (pages, copied): (Int32, Int32) = (0, 0)
        let code = sqlite3_wal_checkpoint_v2(connection.handle, "main", mode, &pages, &copied)
        return (code, Int(pages), Int(copied))
    }

    private func checkpointWaitingForReaders() -> (code: Int32, pages: Int, copied: Int) {
        sqlite3_busy_timeout(connection.handle, Self.waitForReaders)
        defer { sqlite3_busy_timeout(connection.handle, Int32(options.busyTimeout / .milliseconds(1))) }
        return checkpoint(SQLITE_CHECKPOINT_RESTART)
    }

    /// Closing would checkpoint, too.
    func flushFailed() -> SQLiteError {
        _ = ctandem_configure(connection.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        let error = SQLiteError(
            .engine,
            "The database cannot be flushed: \(String(cString: sqlite3_errmsg(connection.handle))). Start the node again once the disk is sound.",
            resultCode: SQLiteResultCode.flushFailed)
        flushFailure = error
        return error
    }
}
