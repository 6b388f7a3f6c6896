import CTandemSQLite
import TandemLog

extension StatementWatch {
    /// A statement that is logged as text begins.
    func begin(_ kind: StatementKind, _ statement: OpaquePointer) {
        change = SchemaChange(kind: kind, statement: statement, versionBefore: readSchemaVersion())
        if case .dropTable = kind { return }  // Foreign keys may act on other tables' rows.
        capture.mode = .suppressed
    }

    /// Logs a change of the schema that has happened.
    func finish(_ change: SchemaChange) {
        guard sqlite3_get_autocommit(handle) == 0 else { return }
        if change.kind.changesSchema {
            guard readSchemaVersion() != change.versionBefore else { return }
        }
        hasChangedSchema = true
        let before = isOwn
        isOwn = true
        defer { isOwn = before }
        do throws(SQLiteError) {
            try change.write(into: capture)
        } catch {
            capture.fail(error)
        }
        capture.catalog.forgetShapes()
        capture.sequences.schemaChanged()
        virtualTables.schemaChanged()
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

    func savepointBegun(_ level: Int) { virtualTables.savepointBegun(level) }
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
