import CTandemSQLite

/// Makes full-text tables write what they hold back in memory.
///
/// FTS3, FTS4 and FTS5 collect what is inserted and write it when a savepoint begins, or at COMMIT. At COMMIT is too
/// late for the log. And a savepoint that has them write something would, when it is rolled back, truncate what was
/// written before it began. So as long as the schema has a virtual table, a savepoint of our own follows each
/// statement that writes.
///
/// A class, because SQLite calls back into it while it flushes.
final class VirtualTableFlush {
    private var begin: OwnStatement?
    private var end: OwnStatement?
    private var count: OwnStatement?
    private var hasVirtualTables = false
    private var isKnown = false
    /// Whether a statement could not be followed by our savepoint.
    private var isPending = false
    private var isFlushing = false
    /// The lowest savepoint that began while something was pending.
    private var taintedLevel = Int.max

    func transactionBegins() {
        isPending = false
        taintedLevel = .max
    }

    func schemaChanged() { isKnown = false }

    /// - Throws: ``SQLiteError``, if a table could not write what it holds back.
    func flush(_ handle: OpaquePointer) throws(SQLiteError) {
        try look(handle)
        guard hasVirtualTables else { return }
        isFlushing = true
        defer { isFlushing = false }
        if begin == nil { begin = try OwnStatement(handle, "SAVEPOINT _tandem_flush") }
        if end == nil { end = try OwnStatement(handle, "RELEASE _tandem_flush") }
        guard let begin, let end else { return }
        let code = begin.runQuietly()
        // Another statement is still writing (an INSERT … RETURNING whose rows are being read).
        if code == SQLITE_BUSY {
            isPending = true
            return
        }
        guard code == SQLITE_OK else { throw SQLiteError(handle, resultCode: code) }
        try end.run()
        isPending = false
    }

    func savepointBegun(_ level: Int) {
        if isPending, !isFlushing { taintedLevel = min(taintedLevel, level) }
    }

    func wasTainted(_ level: Int) -> Bool { level >= taintedLevel }

    private func look(_ handle: OpaquePointer) throws(SQLiteError) {
        guard !isKnown else { return }
        if count == nil {
            count = try OwnStatement(
                handle, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND rootpage = 0")
        }
        guard let count else { return }
        defer { count.reset() }
        hasVirtualTables = try count.step() && count.int64(0) > 0
        isKnown = true
    }
}
