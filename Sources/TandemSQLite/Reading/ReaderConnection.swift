import CTandemSQLite
import GRDB

/// A connection that only reads: `SQLITE_OPEN_READONLY` and `PRAGMA query_only`, so that a write fails with
/// `SQLITE_READONLY`. Used by one thread at a time.
///
/// SQLite before 3.51.3 can lose pages when two connections reset the write-ahead log at one moment. Here only
/// ``WriterConnection`` ever writes, checkpoints or resets it: a reader has no automatic checkpoint, refuses
/// `PRAGMA wal_checkpoint`, lets no closure checkpoint (GRDB's `Database.checkpoint` fails with `SQLITE_LOCKED`), and
/// does not checkpoint when it is closed (`SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE`), even as the last one. No other process
/// may open the file for writing; the node's lock on its directory sees to that.
public final class ReaderConnection: ConnectionOwner, @unchecked Sendable {
    // Used by one thread at a time: whoever has checked it out of the pool.
    let connection: Connection
    private var statements: ReaderStatements?

    /// Opens a database that a writer has open.
    ///
    /// - Throws: GRDB's `DatabaseError`, ``SQLiteError``.
    public init(path: String, options: ConnectionOptions = ConnectionOptions()) throws {
        connection = try Connection.reader(path: path, options: options)
        try ContentFunctions.install(on: connection.handle)
    }

    /// Reads with GRDB in a transaction: one state of the database.
    ///
    /// - Throws: what `body` throws, and GRDB's `DatabaseError`.
    public func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        // The program that embeds the node may see whatever it wants to.
        try connection.userTable.lift { try readHere(body) }
    }

    private func readHere<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try connection.withDatabase { database in
            if database.isInsideTransaction { return try body(database) }
            try database.beginTransaction(.deferred)
            do {
                // SQLite lets no connection checkpoint that reads. One that has only begun could begin the write-ahead log
                // anew, although it opened the database for reading.
                try ownStatements().look.run()
                let result = try body(database)
                try database.rollback()
                return result
            } catch {
                try? database.rollback()  // The first error counts.
                throw error
            }
        }
    }

    /// Begins a transaction that may last over many calls: all see the state of this moment.
    public func beginRead() throws(SQLiteError) {
        let statements = try ownStatements()
        try statements.begin.run()
        try statements.look.run()
    }

    /// The same, and up to which position that state was applied.
    public func beginReadAtPosition() throws(SQLiteError) -> AppliedState {
        let statements = try ownStatements()
        try statements.begin.run()
        return try statements.appliedState()
    }

    /// Ends what ``beginRead()`` began; without that, nothing happens.
    public func endRead() {
        guard connection.isInTransaction else { return }
        // A reader's ROLLBACK has nothing to fail on; statements still running are stopped by it.
        _ = statements?.rollback.runQuietly()
        // One that GRDB began, perhaps on a reader without statements.
        guard connection.isInTransaction else { return }
        _ = sqlite3_exec(connection.handle, "ROLLBACK", nil, nil, nil)
    }

    /// Whether a transaction is open.
    public var isReading: Bool { connection.isInTransaction }

    /// The position up to which the state that this connection sees was applied.
    public func appliedPosition() throws(SQLiteError) -> AppliedState { try ownStatements().appliedState() }

    /// Closes the connection; it must not be used afterwards.
    public func close() throws {
        statements = nil
        try connection.close()
    }

    private func ownStatements() throws(SQLiteError) -> ReaderStatements {
        if let statements { return statements }
        let prepared = try ReaderStatements(connection.handle)
        statements = prepared
        return prepared
    }
}
