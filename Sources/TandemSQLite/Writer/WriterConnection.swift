import CTandemSQLite
import GRDB
import TandemLog

/// The one connection of a node that writes, and that checkpoints. Used by one thread at a time.
///
/// It runs groups of transactions as a primary, and applies records as a replica:
/// ```swift
/// let writer = try WriterConnection.open(path: path)
/// try writer.beginGroup(into: buffer, segment: 3)
/// let id = try writer.transaction { database in … }     // any number of these
/// var records = try writer.takeRecords()                // seal, append, flush, stream, wait for the commit index
/// try writer.commitGroup(applied: position)
/// ```
/// All transactions of a group are one SQLite transaction, each in a savepoint. What each changed is written into the
/// buffer while it happens, and taken back with it.
///
/// SQLite before 3.51.3 can lose pages when two connections reset the write-ahead log at one moment: this connection
/// is the only one that ever writes or checkpoints (see ``ReaderConnection``), so that there are no two.
public final class WriterConnection: ConnectionOwner, @unchecked Sendable {
    // Used by one thread at a time: the node's writer thread, or the one that opens or closes it.

    enum GroupState {
        /// No SQLite transaction is open.
        case none
        /// A group is open; transactions may run.
        case open
        /// A transaction of the group runs in its savepoint.
        case inTransaction
        /// The group's records were taken; only COMMIT or ROLLBACK can follow.
        case taken
        /// SQLite rolled the group back by itself; only ``rollbackGroup()`` can follow.
        case lost
    }

    let connection: Connection
    let capture: ChangeCapture
    let statements: WriterStatements
    /// How the database was opened.
    public let options: ConnectionOptions
    /// Where it lies.
    public let path: String
    /// Whether what is applied is another node's history, so that drift may end it (``ConnectionOptions/onDrift``). A primary
    /// that applies its own says what differs and goes on: nobody else could make it good. Default: yes.
    public var follows = true
    var group = GroupState.none
    var applier: Applier?
    /// What keeps the sums while records are applied.
    var appliedContent: AppliedContent?
    /// The sums of the tables' rows; nil if they are not kept.
    let contents: ContentTracker?
    /// Where it is written down that the sums are those of the rows, once the database is closed.
    private let contentMark: ContentMark
    private let hookColumns: HookColumns
    /// Tables that were found to differ, until somebody takes note.
    var newDrifts: [ContentDrift] = []
    /// The segment whose table definitions are known.
    private var segment: UInt64?

    /// Up to where the database has the log's records.
    public internal(set) var applied: AppliedState
    /// The applied index that is safe in the database's file even if power fails: as of the last checkpoint that
    /// copied and synced everything. Records above it must stay in the log.
    public internal(set) var durableAppliedIndex = LogIndex.zero
    /// The flush that failed in a checkpoint, if one did: none is tried again before the database was opened anew.
    public internal(set) var flushFailure: SQLiteError?
    /// The position that ``prepareCommit(applied:)`` has written for the group in hand.
    var preparedPosition: Position?
    /// How many pages the write-ahead log has, as of the last COMMIT.
    public internal(set) var walPages = 0
    /// How many pages of its file are in use, copied or not.
    var walEnd = 0
    /// How long its file was when the log was begun anew in it, less what was cut off since.
    var oldLogBytes = 0
    let pageSize: Int
    /// How many it had when it was copied last, as far as readers let it; 0 once it was begun anew.
    var walPagesHeld = 0
    /// How many it had at an earlier attempt, by which it is told whether the same reader still holds it: moved on when the log
    /// has grown by ``ConnectionOptions/checkpointPages``; 0 once it was begun anew.
    var walPagesSeen = 0
    /// How many it had when readers were waited for in vain; 0 once it was begun anew.
    var walPagesAwaited = 0

    /// Opens or creates a database.
    ///
    /// - Throws: GRDB's `DatabaseError`; ``SQLiteError``: `unsupported` if SQLite or the file cannot be replicated.
    public static func open(
        path: String, options: ConnectionOptions = ConnectionOptions()
    ) throws -> WriterConnection {
        guard ctandem_has_preupdate_hook() != 0, let hookColumns = HookColumns.current else {
            throw SQLiteError(
                .unsupported,
                "This SQLite (\(String(cString: sqlite3_libversion()))) lacks SQLITE_ENABLE_PREUPDATE_HOOK, without "
                    + "which changes cannot be captured.")
        }
        let mark = ContentMark(database: path)
        let isForeign = mark.isForeign
        let connection = try Connection(path: path, readOnly: false, options: options) {
            StatementPolicy.refusalOnWriter($0, $1, from: $2) ?? StatementPolicy.refusalOfUserTable($0, $1, from: $2)
        }
        do {
            return try WriterConnection(connection, path, hookColumns, options, mark, isForeign)
        } catch {
            try? connection.close()  // The first error counts.
            throw error
        }
    }

    private init(
        _ connection: Connection, _ path: String, _ hookColumns: HookColumns, _ options: ConnectionOptions,
        _ mark: ContentMark, _ isForeign: Bool
    ) throws {
        self.connection = connection
        self.path = path
        self.options = options
        self.hookColumns = hookColumns
        contentMark = mark
        let hasEmptiedLog = try connection.withDatabase { _ in try Self.setUp(connection, options) }
        pageSize = Int(try connection.ask("PRAGMA page_size")) ?? 4096
        applied = try AppliedState(reading: connection.handle)
        if hasEmptiedLog { durableAppliedIndex = applied.position.index }
        contents =
            options.keepsContentSums
            ? try ContentTracker(connection.handle, isForeign: isForeign, applied: applied.position.index) : nil
        capture = try ChangeCapture(
            connection.handle, hookColumns: hookColumns, limits: connection.limits, contents: contents)
        try capture.addSavepointWatch()
        statements = try WriterStatements(connection.handle)
        mark.opened(page: try AppliedState.page(connection.handle))
        sqlite3_wal_hook(
            connection.handle,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<WriterConnection>.fromOpaque(context).takeUnretainedValue().logHas(pages: Int(pages))
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
        connection.failed = { [unowned self] error in self.afterFailure(error) }
        try capture.install()
    }

    /// Reads with GRDB what is committed and, inside of a group, what its transactions have done so far. A write
    /// fails with `SQLITE_READONLY`.
    public func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try connection.withDatabase { database in try database.readOnly { try body(database) } }
    }

    /// Uses the connection with GRDB outside of transactions, to add observers, functions and collations. A statement
    /// that writes is stopped.
    public func withDatabase<Result>(_ body: (Database) throws -> Result) throws -> Result {
        guard applier == nil else { return try read(body) }
        return try connection.withDatabase(body)
    }

    /// Closes the connection; it must not be used afterwards. An open group is rolled back.
    public func close() throws {
        if group != .none { try rollbackGroup() }
        if applier != nil { try stopApplying() }
        capture.removeHooks()
        sqlite3_wal_hook(connection.handle, nil, nil)
        // Without the mark, the next start adds the rows up.
        let isProved = contents?.isProved ?? false && (try? isContentCurrent()) ?? false
        // Not left to the closing, which SQLite puts off as long as there are statements.
        if isProved { emptyLog() }
        try connection.close()
        if isProved { contentMark.closed() } else { contentMark.remove() }
    }

    func makeAppliedContent() throws(SQLiteError) -> AppliedContent? {
        guard let contents else { return nil }
        return try AppliedContent(connection.handle, hookColumns: hookColumns, contents: contents)
    }

    /// Prepares capture for the segment that the group's records will be in: each begins without definitions.
    func enter(segment: UInt64) {
        if self.segment != segment { capture.catalog.forgetAll() }
        self.segment = segment
    }

    /// What was captured before is of no use for what is captured next.
    func forgetSegment() {
        segment = nil
        capture.catalog.forgetAll()
        capture.sequences.forget()
    }
}
