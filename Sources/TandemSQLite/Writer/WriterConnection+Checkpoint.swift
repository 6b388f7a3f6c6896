import CTandemSQLite
import TandemLog

extension WriterConnection {
    /// Whether the write-ahead log is long enough to be copied into the database.
    public var wantsCheckpoint: Bool { walPages >= options.checkpointPages }

    /// Whether it has become so long that somebody should wait for that.
    public var mustCheckpoint: Bool { walPages > 4 * options.checkpointPages }

    /// Copies the write-ahead log into the database and syncs it, as far as readers let it. To be called between
    /// groups, when nobody waits for the writer; ``beginGroup(into:segment:)`` does so itself when the log has become
    /// four times as long as it should be.
    ///
    /// - Parameter evenIfShort: whether to do it before ``wantsCheckpoint``.
    /// - Returns: whether everything was copied, so that ``durableAppliedIndex`` is ``applied`` now.
    /// - Throws: ``SQLiteError`` if the file cannot be written.
    @discardableResult
    public func checkpointIfNeeded(evenIfShort: Bool = false) throws(SQLiteError) -> Bool {
        guard group == .none, !connection.isInTransaction, evenIfShort || wantsCheckpoint else { return false }
        var (pages, copied): (Int32, Int32) = (0, 0)
        let code = sqlite3_wal_checkpoint_v2(
            connection.handle, "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &copied)
        // Only this connection writes, but a reader that starts just now may hold a lock for a moment.
        if code & 0xFF == SQLITE_BUSY { return false }
        guard code == SQLITE_OK else { throw SQLiteError(connection.handle, resultCode: code) }
        guard copied >= pages else { return false }
        walPages = 0
        durableAppliedIndex = applied.position.index
        return true
    }
}
