import CTandemSQLite
import TandemLog

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Keeps the sums of the tables' rows while records are applied, by what SQLite says that it changes, not by what the
/// records say; and compares them with the primary's.
///
/// Belongs to a ``WriterConnection`` in its applying mode.
final class AppliedContent {
    private let handle: OpaquePointer
    let contents: ContentTracker
    private let catalog: TableCatalog
    /// A change of the schema runs, whose text says what it does to rows.
    private var isSuppressed = false
    /// What went wrong inside of the hook, which cannot throw.
    private var failure: SQLiteError?
    /// Tables that differ, where the node goes on nevertheless.
    var found: ((ContentDrift) -> Bool)?

    init(_ handle: OpaquePointer, hookColumns: HookColumns, contents: ContentTracker) throws(SQLiteError) {
        self.handle = handle
        self.contents = contents
        catalog = try TableCatalog(handle, hookColumns: hookColumns, contents: contents)
    }

    func install() {
        ctandem_set_change_hook(
            handle,
            { context, operation, _, table, oldRowid, newRowid in
                guard let context, let table else { return }
                Unmanaged<AppliedContent>.fromOpaque(context).takeUnretainedValue()
                    .rowChanges(operation, table, oldRowid, newRowid)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    func remove() { ctandem_set_change_hook(handle, nil, nil) }

    func forgetShapes() {
        catalog.forgetShapes()
        isSuppressed = false
        failure = nil
    }

    private func rowChanges(_ operation: Int32, _ name: UnsafePointer<CChar>, _ oldRowid: Int64, _ newRowid: Int64) {
        guard !isSuppressed, failure == nil, strncmp(name, "sqlite_", 7) != 0 else { return }
        if name[0] == CChar(UInt8(ascii: "_")), TableContent.isLeftOut(String(cString: name)) { return }
        do throws(SQLiteError) {
            let table = try catalog.table(name)
            guard table.content != nil else { return }
            if operation != SQLITE_INSERT { try table.readOldValues(handle) }
            if operation != SQLITE_DELETE { try table.readNewValues(handle, isUpdate: operation == SQLITE_UPDATE) }
            try contents.rowChanges(operation, table, oldRowid, newRowid)
        } catch {
            failure = error
        }
    }

    func schemaChangeBegins() { isSuppressed = true }

    func schemaChangeEnds() { isSuppressed = false }

    func schemaChanged() throws(SQLiteError) {
        schemaChangeEnds()
        catalog.forgetShapes()
        try contents.schemaChanged()
    }

    /// Throws what went wrong inside of the hook while a record was applied.
    func checkFailure(_ index: LogIndex) throws(SQLiteError) {
        if let failure { throw failure }
    }
}

// Comparing.
extension AppliedContent {
    /// Compares the sum that a record says with this database's own.
    func compare(_ checksum: ContentChecksum, _ name: String, _ index: LogIndex) throws(SQLiteError) {
        guard let table = contents.tables[name], table.isComparable else { return }
        let expected = ContentSum(rows: Int64(bitPattern: checksum.rowCount), sum: checksum.sum)
        guard table.sum != expected else { return }
        try differs(
            table, index, "the rows' checksum is \(table.sum) here, and \(expected) on the primary")
    }

    /// Adds up the rows of a table that another program may have changed, before anything is applied to it.
    func check(_ table: TableContent?, _ index: LogIndex) throws(SQLiteError) {
        guard let table, table.isComparable, let shape = try contents.shapes.read(table.name) else { return }
        let sum = try ContentScan.sum(handle, shape)
        contents.noteChecked(table)
        guard sum != table.sum else { return }
        try differs(table, index, ContentTracker.foreignChange(found: sum, kept: table.sum))
    }

    /// A change did not fit its table, and has changed nothing.
    ///
    /// - Returns: whether the node goes on without it, which is noted the first time.
    func goesOn(without error: SQLiteError, at index: LogIndex) -> Bool {
        guard error.code == .contentDiffers, let name = error.table, let table = contents.tables[name] else {
            return false
        }
        guard table.driftedAt == nil else { return true }
        guard found?(ContentDrift(table: name, index: index, reason: error.message)) ?? false else { return false }
        contents.noteDrift(of: table, at: index)
        return true
    }

    private func differs(_ table: TableContent, _ index: LogIndex, _ reason: String) throws(SQLiteError) {
        let drift = ContentDrift(table: table.name, index: index, reason: reason)
        guard found?(drift) ?? false else { throw .contentDiffers(index, table.name, reason) }
        contents.noteDrift(of: table, at: index)
    }
}
