import CTandemSQLite

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension StatementWatch {
    /// Follows a transaction that somebody else begins and ends.
    ///
    /// - Returns: whether the statement is its BEGIN, COMMIT or ROLLBACK, or needs no looking at.
    func drive(_ driver: TransactionDriver, _ statement: OpaquePointer) -> Bool {
        guard let sql = sqlite3_sql(statement) else { return false }
        let kind = StatementKind(
            UnsafeRawBufferPointer(start: sql, count: strlen(sql)).assumingMemoryBound(to: UInt8.self))
        switch kind {
        case .begin, .rollback: break
        case .commit: driver.transactionCommits()
        // The migrator does so outside of transactions; the table is there.
        case .createTable(SQLName("grdb_migrations")) where capture.mode == .idle: return true
        default: return false
        }
        driven = statement
        return true
    }

    /// Such a statement has ended, one way or the other.
    func drivenEnded() {
        driven = nil
        let isOpen = sqlite3_get_autocommit(handle) == 0
        if isOpen, !capture.allowsCommit, capture.mode == .idle, !hasAdopted {
            driver?.transactionBegan()
            hasAdopted = true
        } else if !isOpen {
            if capture.allowsCommit { driver?.transactionCommitted() } else { driver?.transactionRolledBack() }
            hasAdopted = false
        }
    }

    /// Stops a statement before it has done anything: outside of a transaction of a group, what it wrote would be
    /// committed without being logged. It fails with `SQLITE_READONLY`, or with `SQLITE_INTERRUPT`.
    func stop(_ statement: OpaquePointer) {
        guard stopped == nil else { return }
        stopped = statement
        runOwn("PRAGMA query_only = ON")
        sqlite3_interrupt(handle)
    }

    /// Ends what ``stop(_:)`` did.
    func letWrite() {
        guard stopped != nil else { return }
        stopped = nil
        runOwn("PRAGMA query_only = OFF")
    }

    private func runOwn(_ sql: String) {
        let before = isOwn
        isOwn = true
        defer { isOwn = before }
        sqlite3_exec(handle, sql, nil, nil, nil)
    }
}
