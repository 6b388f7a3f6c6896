import CTandemSQLite
import GRDB

/// A copy of a database as it was at one moment, made page by page while others read and write.
///
/// SQLite's backup interface copies from a connection whose read transaction stays open: the state that it sees does not
/// change, so that the copy never begins anew, whatever is written meanwhile. Nobody waits for it: a reader of the
/// write-ahead log blocks no writer. But as long as it is open the write-ahead log cannot be begun anew, and grows by
/// what is written. `VACUUM INTO` would be simpler, and gives rows other rowids, by which they are replicated.
///
/// Memory does not depend on the size of the database. Used by one thread.
public final class DatabaseCopy {
    private let source: ReaderConnection
    private let target: DatabaseQueue
    private let backup: OpaquePointer
    private let targetHandle: OpaquePointer
    private let copyPath: String
    /// Whether the source may have been changed by another program that it has not noticed yet.
    private let mayBeForeign: Bool
    private var isFinished = false

    /// What is applied in the state that is copied.
    public let applied: AppliedState
    /// How many bytes the copy will have.
    public let byteCount: UInt64
    /// So many pages have been copied, of so many.
    public private(set) var progress: (done: Int, total: Int) = (0, 0)

    /// Opens the database at `path`, and the copy at `copyPath`, which must not be there yet.
    ///
    /// - Throws: GRDB's `DatabaseError`, ``SQLiteError``.
    public init(of path: String, to copyPath: String) throws {
        source = try ReaderConnection(path: path)
        try source.beginRead()
        applied = try source.appliedPosition()
        self.copyPath = copyPath
        mayBeForeign = ContentMark(database: path).isForeign
        let pageSize = Int(try source.connection.ask("PRAGMA page_size")) ?? 0
        let pageCount = Int(try source.connection.ask("PRAGMA page_count")) ?? 0
        byteCount = UInt64(pageSize * pageCount)
        var configuration = Configuration()
        configuration.label = "tandem.copy"
        target = try DatabaseQueue(path: copyPath, configuration: configuration)
        let opened = target.inDatabase { database in
            // Nobody reads the copy before it is whole and flushed, and a broken one is removed.
            let code = sqlite3_exec(
                database.sqliteConnection,
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1024", nil, nil, nil)
            return OpenedTarget(handle: database.sqliteConnection, code: code)
        }
        guard opened.code == SQLITE_OK, let handle = opened.handle,
            let backup = sqlite3_backup_init(handle, "main", source.connection.handle, "main")
        else {
            throw opened.handle.map { SQLiteError($0, resultCode: sqlite3_errcode($0)) }
                ?? SQLiteError(.closed, "The copy could not be opened.")
        }
        targetHandle = handle
        self.backup = backup
    }

    /// Carries the handle out of GRDB's closure.
    private struct OpenedTarget: @unchecked Sendable {  // Used by the copy's thread alone.
        let handle: OpaquePointer?
        let code: Int32
    }

    deinit { finish() }

    /// Copies some pages more.
    ///
    /// - Returns: whether the copy is whole.
    /// - Throws: ``SQLiteError``.
    public func step(pages: Int) throws(SQLiteError) -> Bool {
        let code = sqlite3_backup_step(backup, Int32(clamping: pages))
        let total = Int(sqlite3_backup_pagecount(backup))
        progress = (total - Int(sqlite3_backup_remaining(backup)), total)
        switch code {
        case SQLITE_OK, SQLITE_BUSY, SQLITE_LOCKED: return false
        case SQLITE_DONE: return true
        default: throw SQLiteError(targetHandle, resultCode: code)
        }
    }

    /// Has the copy, which is finished, say nothing of sums that may not be those of its rows: the source's, where another
    /// program has changed it, are not.
    ///
    /// - Throws: ``SQLiteError``.
    public func forgetUnprovedSums() throws(SQLiteError) {
        try DatabaseFile.forgetUnprovedSums(in: copyPath, all: mayBeForeign)
    }

    /// Ends the copy, whole or not, and closes both databases.
    public func finish() {
        guard !isFinished else { return }
        isFinished = true
        sqlite3_backup_finish(backup)
        try? target.close()  // Nothing of it is written any more.
        source.endRead()
        try? source.close()  // Nothing is lost with a reader.
    }
}
