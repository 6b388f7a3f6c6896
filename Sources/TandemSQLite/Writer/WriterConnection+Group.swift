import CTandemSQLite
import GRDB
import TandemLog

extension WriterConnection {
    /// Begins a group: one SQLite transaction for any number of transactions, whose records go into `buffer`.
    ///
    /// - Parameters:
    ///   - buffer: empty; the writer shares its memory until ``takeRecords()`` or ``rollbackGroup()``.
    ///   - segment: the ordinal of the log's segment that the records will be in (`Log.segmentOrdinal`, or the next
    ///     if the group's first record begins a segment). Table definitions are written anew in each.
    /// - Throws: GRDB's `DatabaseError` or ``SQLiteError``; no group is open then.
    public func beginGroup(into buffer: RecordBuffer, segment: UInt64) throws {
        guard group == .none, applier == nil else {
            throw SQLiteError(.engine, "A group is open already, or the writer applies records.")
        }
        if mustCheckpoint { try checkpointIfNeeded() }
        // Whoever used the connection outside of groups may have changed settings that a group cannot change.
        if ctandem_configure(connection.handle, SQLITE_DBCONFIG_ENABLE_FKEY, -1) != 1 {
            try connection.execute(Self.settings)
        }
        capture.statements.letWrite()
        try runOwn("BEGIN IMMEDIATE")
        if wantsShorterLog { cutLog() }
        try adoptGroup(into: buffer, segment: segment)
    }

    /// Makes a group of the SQLite transaction that has just begun.
    func adoptGroup(into buffer: RecordBuffer, segment: UInt64) throws {
        enter(segment: segment)
        capture.groupBegins(buffer)
        capture.statements.groupBegins()
        group = .open
        do {
            try capture.statements.withOwnStatements { () throws(SQLiteError) in try statements.join.run() }
            try capture.sequences.prepare()
            try capture.statements.withOwnStatements { () throws(SQLiteError) in try contentGroupBegins() }
        } catch {
            try rollbackGroup()
            throw error
        }
    }

    /// Ends the writing of records and gives them to the caller, to be sealed and appended. The SQLite transaction
    /// stays open for ``commitGroup(applied:)`` or ``rollbackGroup()``.
    ///
    /// - Throws: ``SQLiteError``: `captureFailed` if a hook of SQLite was replaced; ``rollbackGroup()`` must follow.
    public func takeRecords() throws -> RecordBuffer {
        guard group == .open else { throw notOpen() }
        try checkAlive()
        capture.mode = .ownState
        defer { capture.mode = .idle }
        let seen = capture.ownChanges
        try capture.statements.withOwnStatements { () throws(SQLiteError) in try statements.touch.run() }
        guard capture.ownChanges == seen + 1, !capture.hasLostChanges else {
            throw SQLiteError(
                .captureFailed,
                "SQLite's preupdate hook was replaced on the writer's connection, or rows changed outside of a "
                    + "transaction: the group cannot be replicated and must be rolled back.")
        }
        group = .taken
        let records = capture.buffer
        capture.buffer = RecordBuffer(capacity: 256)
        return records
    }

    /// Does ahead of ``commitGroup(applied:)`` what of a COMMIT shows nobody anything: writes the position, and the
    /// changed pages to the write-ahead log. ``rollbackGroup()`` takes it back.
    ///
    /// - Throws: as ``commitGroup(applied:)``, which is to be called nevertheless.
    public func prepareCommit(applied position: Position) throws {
        guard group == .taken else { throw notOpen() }
        try checkAlive()
        try write(AppliedState(position: position))
        preparedPosition = position
        // Without the commit frame, which COMMIT adds, no reader and no recovery looks at these pages.
        let code = sqlite3_db_cacheflush(connection.handle)
        guard code == SQLITE_OK || code == SQLITE_BUSY else { throw SQLiteError(connection.handle, resultCode: code) }
    }

    /// Commits the group, with the position of its last record as applied. GRDB's observers of this connection hear
    /// of it.
    ///
    /// - Throws: if SQLite cannot commit, its error: ``rollbackGroup()`` must follow, and the records must be applied
    ///   from the log. `diverged` if it did commit, but more than the records say.
    public func commitGroup(applied position: Position) throws {
        guard group == .taken else { throw notOpen() }
        try checkAlive()
        let state = AppliedState(position: position)
        if preparedPosition != position { try write(state) }
        preparedPosition = nil
        capture.allowsCommit = true
        defer { capture.allowsCommit = false }
        try runOwn("COMMIT")
        groupCommitted(state)
        guard !capture.hasLostChanges else {
            throw SQLiteError(
                .diverged,
                "SQLite committed changes after the group's records were closed. The database must be made anew from "
                    + "another node.")
        }
    }

    /// Rolls the whole group back; also after a lost one, or when COMMIT failed. Without a group nothing happens.
    ///
    /// - Throws: GRDB's `DatabaseError` if SQLite cannot roll back; the connection must be closed then.
    public func rollbackGroup() throws {
        groupVanished()
        if connection.isInTransaction { try runOwn("ROLLBACK") }
        connection.withDatabase { $0.clearSchemaCache() }
        connection.forgetStatements()
        capture.statements.letWrite()
    }

    /// Writes the applied position, in the open SQLite transaction.
    func write(_ state: AppliedState) throws(SQLiteError) {
        capture.mode = .ownState
        defer { capture.mode = .idle }
        statements.bind(state)
        try capture.statements.withOwnStatements { () throws(SQLiteError) in
            try statements.update.run()
            try contents?.write(state.position.index)
        }
    }

    /// SQLite has committed the group.
    func groupCommitted(_ state: AppliedState) {
        group = .none
        applied = state
        capture.catalog.keepDefinitions()
        contents?.groupCommitted()
    }

    /// SQLite has rolled back the group, or is about to: nothing of it stays.
    func groupVanished() {
        capture.mode = .idle
        contents?.groupVanished()
        capture.catalog.truncate(to: 0)
        capture.catalog.forgetShapes()
        capture.sequences.forget()
        capture.statements.schemaMayHaveChangedBack()
        capture.buffer = RecordBuffer(capacity: 256)
        preparedPosition = nil
        group = .none
    }

    /// Runs a statement of Tandem's own through GRDB, so that GRDB's observers hear of it.
    func runOwn(_ sql: String) throws {
        capture.statements.isOwn = true
        defer { capture.statements.isOwn = false }
        try connection.withDatabase { try $0.cachedStatement(sql: sql).execute() }
    }

    /// Whether a group is open or its records were taken.
    public var isGroupOpen: Bool { group != .none }

    /// Whether the group has changed the schema.
    public var hasChangedSchema: Bool { capture.statements.hasChangedSchema }

    /// Whether a transaction of the group is open.
    public var isTransactionOpen: Bool { group == .inTransaction }

    /// Whether a transaction of the group is open, and SQLite has not rolled it back by itself.
    public var isTransactionAlive: Bool { group == .inTransaction && connection.isInTransaction }

    /// A group that SQLite has rolled back unnoticed must not go on: each statement would be a transaction of its own.
    func checkAlive() throws(SQLiteError) {
        guard connection.isInTransaction else {
            throw afterFailure(
                SQLiteError(.engine, "The transaction is gone", resultCode: SQLiteResultCode.abortRollback))
        }
    }

    func notOpen() -> SQLiteError {
        group == .lost
            ? SQLiteError(
                .groupLost, "SQLite has rolled back the whole group.", resultCode: SQLiteResultCode.abortRollback)
            : SQLiteError(.engine, "No group is open, or a transaction of it is, or its records were taken.")
    }

    /// Looks after an error whether SQLite has rolled back the group by itself.
    func afterFailure(_ error: SQLiteError) -> SQLiteError {
        guard group != .none, !connection.isInTransaction else { return error }
        group = .lost
        capture.mode = .idle
        var lost = error
        lost.code = .groupLost
        lost.message += SQLiteError.groupSuffix
        return lost
    }
}
