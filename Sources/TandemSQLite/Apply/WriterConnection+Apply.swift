import CTandemSQLite
import GRDB
import TandemLog

extension WriterConnection {
    /// Turns the connection into an applier: triggers, foreign keys and CHECK constraints do nothing, because what
    /// they did on the primary is in the log. Nothing is captured.
    ///
    /// - Parameter tables: the definitions in force where the records to be applied begin (`LogReader.tables`).
    /// - Throws: ``SQLiteError``.
    public func startApplying(tables: TableDefinitions = TableDefinitions()) throws {
        guard group == .none, applier == nil, !connection.isInTransaction else {
            throw SQLiteError(.engine, "A group is open, or the writer applies records already.")
        }
        let content = try makeAppliedContent()
        applier = try Applier(connection.handle, tables: tables, content: content)
        capture.removeHooks()
        appliedContent = content
        content?.found = { [unowned self] drift in
            guard !stopsOnDrift else { return false }
            newDrifts.append(drift)
            return true
        }
        content?.install()
        try setApplierMode(true)
    }

    /// Turns the connection back into one that runs groups, with all settings as before.
    public func stopApplying() throws {
        guard applier != nil else { return }
        applier = nil
        appliedContent?.remove()
        appliedContent = nil
        try setApplierMode(false)
        forgetSegment()
        connection.forgetStatements()
        // Full-text tables keep what they know of their own tables, which have been written past them: reloading the
        // schema makes them forget it.
        try connection.execute("PRAGMA writable_schema = RESET")
        connection.withDatabase { $0.clearSchemaCache() }
        try capture.install()
    }

    private func setApplierMode(_ isOn: Bool) throws(SQLiteError) {
        _ = ctandem_configure(connection.handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, isOn ? 0 : 1)
        _ = ctandem_configure(connection.handle, SQLITE_DBCONFIG_DEFENSIVE, isOn ? 0 : 1)
        if isOn {
            try connection.execute("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
        } else {
            try connection.execute(Self.settings)
        }
    }

    /// Applies a batch's records up to `through` in one SQLite transaction, with the applied position. Records that
    /// are in the database already are skipped.
    ///
    /// - Parameter history: the log's, which says whose epoch each index is of.
    /// - Returns: the applied index.
    /// - Throws: ``SQLiteError``: `contentDiffers` names index and table; everything before that record was applied
    ///   and committed, nothing of it or after it. SQLite's errors and the log's: nothing of the batch was applied.
    @discardableResult
    public func apply(_ batch: RecordBatch, through: LogIndex, history: EpochHistory) throws -> LogIndex {
        guard let applier else { throw SQLiteError(.engine, "The writer does not apply records now.") }
        let end = min(through, batch.lastIndex)
        guard batch.firstIndex <= applied.position.index.next else {
            throw SQLiteError(
                .contentDiffers,
                "Record \(batch.firstIndex) does not follow the applied index \(applied.position.index).")
        }
        if let drift = knownDrift { throw drift }
        let tables = applier.decoder.tables
        do {
            try apply(batch, through: end, history: history, with: applier)
        } catch let failed as ApplyFailure {
            // The decoder has read further than the database has come.
            let again = try Applier(connection.handle, tables: tables, content: appliedContent)
            self.applier = again
            if let error = failed.error as? SQLiteError, error.code == .contentDiffers {
                try apply(batch, through: failed.index.previous, history: history, with: again)
                noteDrift(error, failed.index)
            }
            throw failed.error
        }
        return applied.position.index
    }

    /// A record that could not be applied.
    private struct ApplyFailure: Error {
        var index: LogIndex
        var error: any Error
    }

    private func apply(_ batch: RecordBatch, through end: LogIndex, history: EpochHistory, with applier: Applier) throws
    {
        let start = applied.position.index
        guard end > start else {
            return try batch.forEachRecord { record in
                if record.index <= end { try applier.skip(record) }
            }
        }
        guard let epoch = history.epoch(at: end) else {
            throw SQLiteError(.contentDiffers, "The epoch of record \(end) is not known.")
        }
        try runOwn("BEGIN IMMEDIATE")
        do {
            try contentGroupBegins()
            try batch.forEachRecord { record in
                guard record.index <= end else { return }
                guard record.index > start else { return try applier.skip(record) }
                do { try applier.apply(record) } catch { throw ApplyFailure(index: record.index, error: error) }
            }
            let state = AppliedState(position: Position(epoch: epoch, index: end))
            statements.bind(state)
            try statements.update.run()
            try contents?.write(end)
            try runOwn("COMMIT")
            contents?.groupCommitted()
            applied = state
        } catch {
            contents?.groupVanished()
            appliedContent?.forgetShapes()
            connection.withDatabase { database in
                if database.isInsideTransaction { try? database.rollback() }  // The first error counts.
                database.clearSchemaCache()
            }
            throw error
        }
    }
}
