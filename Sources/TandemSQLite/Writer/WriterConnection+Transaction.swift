import CTandemSQLite
import GRDB
import TandemLog

extension WriterConnection {
    /// Runs one transaction of the group in its savepoint.
    ///
    /// - Returns: what `body` returns. Whether there is a record of it, ``RecordBuffer/recordCount`` tells: a
    ///   transaction that changed nothing has none.
    /// - Throws: what `body` throws; ``SQLiteError`` with `foreignKey`, `refused` or `captureFailed`, or the log's
    ///   `recordTooLarge`: this transaction was rolled back then, and the group goes on. `groupLost`: SQLite has
    ///   rolled back everything, and ``rollbackGroup()`` must follow.
    public func transaction<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try beginTransaction()
        let result: Result
        do {
            result = try connection.withDatabase(body)
        } catch {
            throw try rollbackTransaction(because: error)
        }
        try endTransaction()
        return result
    }

    /// Begins a transaction of the group: for sessions, which run its statements one by one.
    public func beginTransaction() throws(SQLiteError) {
        guard group == .open else { throw notOpen() }
        try checkAlive()
        capture.allowsOuterSavepoint = true
        defer { capture.allowsOuterSavepoint = false }
        try capture.statements.withOwnStatements { () throws(SQLiteError) in try statements.savepoint.run() }
        group = .inTransaction
        capture.transactionBegins()
    }

    /// Ends a transaction of the group and closes its record, if it changed something.
    ///
    /// - Returns: whether there is a record.
    /// - Throws: as ``transaction(_:)``; the transaction was rolled back.
    @discardableResult
    public func endTransaction() throws -> Bool {
        guard group == .inTransaction else { throw notOpen() }
        do {
            try checkTransaction()
            let hasRecord = try closeRecord()
            try release()
            return hasRecord
        } catch {
            throw try rollbackTransaction(because: error)
        }
    }

    /// Rolls back the open transaction of the group.
    ///
    /// - Throws: ``SQLiteError``: `groupLost`.
    public func rollbackTransaction() throws(SQLiteError) {
        guard group == .inTransaction else { throw notOpen() }
        try checkAlive()
        capture.mode = .idle
        capture.allowsOuterSavepoint = true
        defer { capture.allowsOuterSavepoint = false }
        do throws(SQLiteError) {
            try capture.statements.withOwnStatements { () throws(SQLiteError) in
                try statements.rollbackTo.run()
                try statements.release.run()
            }
        } catch {
            group = .lost
            throw SQLiteError(.groupLost, error.message, resultCode: error.resultCode)
        }
        group = .open
        try tidyUp()
        if capture.statements.hasChangedSchema {
            connection.withDatabase { $0.clearSchemaCache() }
            connection.forgetStatements()
        }
    }

    /// Rolls back, and says what the caller has to throw.
    private func rollbackTransaction(because error: any Error) throws -> any Error {
        guard group == .inTransaction else { return error }
        if !connection.isInTransaction {
            return afterFailure(error as? SQLiteError ?? SQLiteError(.engine, String(describing: error)))
        }
        // What a refused statement did comes first: other errors may only follow from it.
        let failure = capture.failure
        try rollbackTransaction()
        return failure ?? error
    }

    private func checkTransaction() throws {
        try checkAlive()
        try capture.statements.checkSchemaVersion()
        capture.statements.flushVirtualTables()
        if let failure = capture.failure { throw failure }
        var (violated, highest): (Int32, Int32) = (0, 0)
        let code = sqlite3_db_status(connection.handle, SQLITE_DBSTATUS_DEFERRED_FKS, &violated, &highest, 0)
        guard code == SQLITE_OK, violated == 0 else {
            throw SQLiteError(
                .foreignKey, "FOREIGN KEY constraint failed", resultCode: SQLiteResultCode.constraintForeignKey)
        }
        try capture.statements.withOwnStatements { () throws(SQLiteError) in
            try capture.sequences.write(into: capture, hasTruncated: capture.hasTruncated)
        }
    }

    private func closeRecord() throws -> Bool {
        capture.mode = .idle
        if capture.isRecordEmpty {
            capture.buffer.abandonRecord()
            return false
        }
        try capture.statements.withOwnStatements { () throws(SQLiteError) in try capture.writeContentSums() }
        try capture.buffer.endRecord()
        return true
    }

    private func release() throws(SQLiteError) {
        capture.allowsOuterSavepoint = true
        defer { capture.allowsOuterSavepoint = false }
        try capture.statements.withOwnStatements { () throws(SQLiteError) in try statements.release.run() }
        group = .open
        // The savepoint is gone: what is found wrong now can be rolled back with the whole group only.
        guard !capture.hasLostChanges else {
            group = .lost
            throw SQLiteError(
                .groupLost, "Rows changed after the end of their transaction. The group must be rolled back.")
        }
        try tidyUp()
    }

    /// Takes back what PRAGMAs of the transaction left behind.
    private func tidyUp() throws(SQLiteError) {
        guard !capture.statements.leftovers.isEmpty else { return }
        try capture.statements.withOwnStatements { () throws(SQLiteError) in
            try connection.execute(Self.settings)
        }
        capture.statements.transactionBegins()
    }
}

extension ChangeCapture {
    /// Whether the open record has no changes.
    var isRecordEmpty: Bool { buffer.byteCount == recordBeginning }
}
