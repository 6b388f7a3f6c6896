import CTandemSQLite

/// One read transaction for many statements, for as long as it shows the last commit.
///
/// Beginning a transaction and ending it takes two locks on the write-ahead log's index, which are calls of the system under
/// a lock that all connections of the process share. Whether another transaction has committed meanwhile, SQLite itself finds
/// out by the index's header; looking at that costs next to nothing. So a statement sees what it would see in a transaction
/// of its own: whoever has been told of a commit, or has seen it, finds it.
///
/// It is renewed, too, when the log has been copied into the database: whoever begins then reads the database alone, and lets
/// the next transaction begin the log anew. Used by one thread at a time.
final class SharedSnapshot {
    private let connection: OpaquePointer
    private let begin: OwnStatement
    private let commit: OwnStatement
    private let index: UnsafePointer<UInt32>?
    /// As of before the transaction began, so that it may be newer than this, and never older.
    private var state = ctandem_wal_state()
    private var isOpen = false

    /// - Parameter connection: one that has read already.
    init(_ connection: OpaquePointer) throws(SQLiteError) {
        self.connection = connection
        begin = try OwnStatement(connection, "BEGIN")
        commit = try OwnStatement(connection, "COMMIT")
        index = ctandem_wal_index(connection)
    }

    /// Whether a transaction is open, and whatever is committed is seen in it.
    var isTheLatest: Bool {
        guard isOpen, let index else { return false }
        return ctandem_wal_is_still(index, &state) != 0
    }

    /// Begins a transaction, in the place of the one that is open.
    ///
    /// - Returns: whether one is open. If not, because there is no index to look at, or a statement is running, each
    ///   statement has its own.
    func renew() -> Bool {
        guard let index else { return false }
        closeTransaction()
        isOpen = false
        // A statement that is running keeps what it sees. A transaction that began now would go on with that.
        guard sqlite3_txn_state(connection, "main") == SQLITE_TXN_NONE else { return false }
        ctandem_wal_look(index, &state)
        isOpen = begin.runQuietly() == SQLITE_OK
        return isOpen
    }

    func end() {
        guard isOpen else { return }
        closeTransaction()
        isOpen = false
    }

    /// SQLite may have ended it by itself, after an error.
    private func closeTransaction() {
        if sqlite3_get_autocommit(connection) == 0 { _ = commit.runQuietly() }
    }
}
