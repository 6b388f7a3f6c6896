import CTandemSQLite
import TandemLog

extension StatementWatch {
    /// A statement that is logged as text begins.
    func begin(_ kind: StatementKind, _ statement: OpaquePointer) {
        change = SchemaChange(kind: kind, statement: statement, versionBefore: readSchemaVersion())
        if case .dropTable = kind { return }  // Foreign keys may act on other tables' rows.
        capture.mode = .suppressed
    }

    /// Whether a statement that has ended may only be about to run.
    ///
    /// A statement that was prepared before the schema changed fails at its start, and SQLite prepares it anew inside of
    /// the same `sqlite3_step` (`sqlite3Reprepare`). The trace hook hears that it began, that it ended, and at last that it
    /// ended; not that it began again.
    func mayGoOn(_ change: SchemaChange) -> Bool {
        guard !change.mayGoOn, sqlite3_expired(change.statement) != 0 else { return false }
        return !change.kind.changesSchema || readSchemaVersion() == change.versionBefore
    }

    func changeEnded(_ change: SchemaChange) {
        self.change = nil
        if change.statement == current { current = nil }
        if capture.mode == .suppressed { capture.mode = .capturing }
        if capture.mode == .capturing { finish(change) }
    }

    /// Another statement begins, or the transaction ends: a change that might have gone on has not, unless this one is
    /// part of it (a virtual table makes its tables by statements of its own).
    func settleChange(before statement: OpaquePointer?) {
        guard let change, change.mayGoOn else { return }
        guard statement == change.statement || !isRunning(change.statement) else { return }
        changeEnded(change)
    }

    /// Looks the statement up first: it may have been finalized since.
    private func isRunning(_ statement: OpaquePointer) -> Bool {
        var next = sqlite3_next_stmt(handle, nil)
        while let other = next {
            if other == statement { return sqlite3_stmt_busy(other) != 0 }
            next = sqlite3_next_stmt(handle, other)
        }
        return false
    }

    /// Logs a change of the schema that has happened.
    private func finish(_ change: SchemaChange) {
        guard sqlite3_get_autocommit(handle) == 0 else { return }
        let version = readSchemaVersion()
        if change.kind.changesSchema, version == change.versionBefore { return }
        // What lies between was not seen by anybody: it is left for the check at the transaction's end to find.
        if loggedVersion == change.versionBefore { loggedVersion = version }
        hasChangedSchema = true
        let before = isOwn
        isOwn = true
        defer { isOwn = before }
        do throws(SQLiteError) {
            try change.write(into: capture)
            if change.kind.changesSchema { try capture.contents?.schemaChanged() }
        } catch {
            capture.fail(error)
        }
        capture.catalog.forgetShapes()
        capture.sequences.schemaChanged()
        virtualTables.schemaChanged()
    }

    /// Looks the version of the schema up that the group begins with, and keeps it for the transaction's savepoint.
    func noteSchemaVersion() {
        let version = loggedVersion ?? readSchemaVersion()
        loggedVersion = version
        versionsAtSavepoints.removeAll(keepingCapacity: true)
        versionsAtSavepoints.append(version)
    }

    /// Whether the schema is what the records make of it.
    func checkSchemaVersion() throws(SQLiteError) {
        settleChange(before: nil)
        let seen = count
        let version = readSchemaVersion()
        guard count != seen else {
            install()
            throw SQLiteError(
                .captureFailed,
                "SQLite's trace hook was replaced on the writer's connection, so that changes of the schema were not seen."
            )
        }
        guard version != loggedVersion else { return }
        throw SQLiteError(
            .captureFailed,
            "The schema was changed by a statement that was not seen, so that the transaction cannot be replicated.")
    }

    /// A savepoint was rolled back, and with it perhaps a change of the schema.
    func schemaMayHaveChangedBack() {
        guard hasChangedSchema else { return }
        capture.catalog.forgetShapes()
        capture.sequences.schemaChangedBack()
        virtualTables.schemaChanged()
    }

    /// Has full-text tables write what they hold back, so that it is captured where it belongs.
    func flushVirtualTables() {
        let before = isOwn
        isOwn = true
        defer { isOwn = before }
        do throws(SQLiteError) {
            try virtualTables.flush(handle)
        } catch {
            capture.fail(error)
        }
    }

    func savepointBegun(_ level: Int) {
        virtualTables.savepointBegun(level)
        guard let loggedVersion else { return }
        versionsAtSavepoints.removeLast(max(0, versionsAtSavepoints.count - level))
        while versionsAtSavepoints.count <= level { versionsAtSavepoints.append(loggedVersion) }
    }

    func savepointRolledBack(_ level: Int) {
        if level < versionsAtSavepoints.count { loggedVersion = versionsAtSavepoints[level] }
        schemaMayHaveChangedBack()
    }

    func wasTainted(_ level: Int) -> Bool { virtualTables.wasTainted(level) }

    private func readSchemaVersion() -> Int64 {
        let before = isOwn
        isOwn = true
        defer {
            schemaVersion.reset()
            isOwn = before
        }
        do throws(SQLiteError) {
            return try schemaVersion.step() ? schemaVersion.int64(0) : -1
        } catch {
            capture.fail(error)
            return -1
        }
    }
}
