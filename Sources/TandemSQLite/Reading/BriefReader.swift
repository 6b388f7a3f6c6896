import CTandemSQLite
import Foundation

/// A reader for a thread that others wait for: an event loop's. It takes only statements that are over soon, and gives
/// up all others before anybody has seen anything of them.
///
/// A statement is attempted: between ``beginAttempt(_:)`` and ``endAttempt(failed:)`` it runs within these bounds, and whatever
/// it meets beyond them makes it fail, as any error does. It is then run by a ``ReaderConnection``, which tells what is
/// really wrong with it.
///
/// - Instructions and time: ``ReadBudget``.
/// - The disk: a page that is not in memory fails it, where the system can tell (Linux).
/// - Functions: only those of ``BriefFunctions``; SQLite's authorizer refuses others when it prepares the statement,
///   be it for the first time or anew after a change of the schema, and wherever they stand, in views too.
/// - Virtual tables, JSON's and pragmas' among them: their work is counted by nobody.
/// - Values longer than ``maximumLength``, statements longer than ``maximumStatementLength``.
/// - Locks: it waits for none.
///
/// All statements of some time see one ``SharedSnapshot`` as long as nothing else is committed.
public final class BriefReader: ConnectionOwner, @unchecked Sendable {
    // Used by one thread at a time: that of its event loop.
    let connection: Connection
    private let budget = ReadBudget()
    /// The statement that is being attempted.
    private var attempted: String?
    /// Whether something else was asked for meanwhile.
    private var hasRefused = false
    /// Whether the connection knows the schema. It has to be read by somebody who may take the time.
    private var knowsSchema = true
    /// What statements see; nil once closed.
    private var snapshot: SharedSnapshot?
    /// Whether ``snapshot`` is open. The loop's own, so that it need not wait to know.
    private var keepsSnapshot = false
    /// Called when a snapshot begins; ``endSnapshot()`` is to be called some milliseconds later. Without it each statement has a
    /// snapshot of its own.
    public var snapshotBegan: (@Sendable (BriefReader) -> Void)?
    /// Guards the connection's end against ``readSchema()`` and ``close()`` on other threads.
    private let life = NSLock()
    private var isClosed: Bool { snapshot == nil }

    /// The longest value or row that it makes or reads, in bytes.
    static let maximumLength: Int32 = 256 << 10
    /// The longest statement, in bytes: preparing takes the longer.
    public static let maximumStatementLength = 8 << 10

    /// The page cache, in KiB: there is one such reader for many clients.
    private static let cacheSize = 8 * 1024

    /// How an attempt went.
    public enum Outcome: Sendable {
        /// To its end, within bounds.
        case done
        /// It would have had to wait for the disk: once it has been read, it may be done.
        case needsDisk
        /// The schema has changed, and is too large to be read within bounds. Nothing can be attempted until another thread
        /// has called ``readSchema()``, and this one ``schemaWasRead()``.
        case needsSchema
        /// It is not brief, or it failed.
        case exceeded
    }

    /// Opens a database that a writer has open.
    ///
    /// - Throws: GRDB's `DatabaseError`, ``SQLiteError``.
    public init(path: String, options: ConnectionOptions = ConnectionOptions()) throws {
        var options = options
        options.busyTimeout = .zero
        options.readerCacheSize = max(options.readerCacheSize, Self.cacheSize)
        connection = try Connection.reader(path: path, options: options)
        try connection.execute("PRAGMA temp_store = MEMORY; SELECT 1 FROM sqlite_schema LIMIT 1")
        let handle = connection.handle
        sqlite3_drop_modules(handle, nil)
        sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Self.maximumLength)
        sqlite3_set_authorizer(
            handle,
            { _, action, first, second, _, _ in
                BriefFunctions.allow(action, action == SQLITE_FUNCTION ? second : first) ? SQLITE_OK : SQLITE_DENY
            }, nil)
        snapshot = try SharedSnapshot(handle)
        budget.install(on: handle)
        ctandem_prepare_reading_without_waiting()
    }

    /// A new turn of the loop, or of a session's on it, begins: others have been served.
    public func beginTurn() { budget.turnBegins() }

    /// Whether something more may be attempted in this turn.
    public var hasRoom: Bool { knowsSchema && budget.hasRoom }

    /// From now on `sql` may run, and nothing else.
    ///
    /// - Parameter isOpen: whether it runs already, and so sees what it has seen.
    public func beginAttempt(_ sql: String, isOpen: Bool = false) {
        attempted = sql
        hasRefused = false
        if !isOpen { renewSnapshot() }
        budget.attemptBegins()
        ctandem_read_without_waiting(1)
    }

    /// Ends what ``beginAttempt(_:)`` began; statements have been given back.
    ///
    /// - Parameter failed: whether there was an error.
    public func endAttempt(failed: Bool) -> Outcome {
        ctandem_read_without_waiting(0)
        attempted = nil
        guard failed || hasRefused else { return .done }
        endSnapshot()
        _ = endSession()
        if ctandem_has_refused_to_wait() != 0 { return .needsDisk }
        lookForSchema()
        return knowsSchema ? .exceeded : .needsSchema
    }

    public func cachedStatement(_ sql: String) throws(SQLiteError) -> PreparedStatement? {
        guard sql == attempted else { throw refusal() }
        return try connection.cachedStatement(sql)
    }

    public func prepare(
        _ text: UnsafeBufferPointer<UInt8>, from offset: Int
    ) throws(SQLiteError) -> (statement: PreparedStatement?, next: Int) {
        throw refusal()
    }

    private func refusal() -> SQLiteError {
        hasRefused = true
        return SQLiteError(.refused, "Only the statement that is attempted can be run here.")
    }

    /// Finds out whether the schema is still there: SQLite forgets what it has read of it when it is stopped in the
    /// middle of that.
    private func lookForSchema() {
        var (bytes, highest): (Int32, Int32) = (0, 0)
        sqlite3_db_status(connection.handle, SQLITE_DBSTATUS_SCHEMA_USED, &bytes, &highest, 0)
        knowsSchema = bytes > 0
    }

    /// Lets what follows see the last commit.
    private func renewSnapshot() {
        guard let snapshotBegan, let snapshot, !snapshot.isTheLatest else { return }
        budget.isLifted = true
        defer { budget.isLifted = false }
        guard snapshot.renew(), !keepsSnapshot else { return }
        keepsSnapshot = true
        snapshotBegan(self)
    }

    /// Keeps no state of the database any longer: as long as one is kept, the write-ahead log cannot be begun anew.
    public func endSnapshot() {
        guard keepsSnapshot else { return }
        keepsSnapshot = false
        life.withLock {
            budget.isLifted = true
            snapshot?.end()
            budget.isLifted = false
        }
    }

    /// Reads the schema, on whichever thread; nothing may be attempted meanwhile.
    public func readSchema() {
        life.withLock {
            guard !isClosed else { return }
            budget.isLifted = true
            // If it fails, the next attempt finds that out.
            try? connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1")
            budget.isLifted = false
        }
    }

    /// ``readSchema()`` has come to its end.
    public func schemaWasRead() { knowsSchema = true }

    /// Closes the connection; it must not be used afterwards.
    public func close() throws {
        try life.withLock {
            snapshot?.end()
            snapshot = nil
            try connection.close()
        }
    }
}
