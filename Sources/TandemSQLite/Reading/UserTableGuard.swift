import CTandemSQLite

/// Keeps the table of users from statements of a reader that are not the node's own, by SQLite's authorizer: whatever name
/// they have for it, and wherever it stands. What the text of a statement says is looked at before
/// (``StatementPolicy``); this holds for what a function or a view makes of it, too.
///
/// It takes the place of GRDB's authorizer, which tells GRDB what statements write: a reader's write nothing.
final class UserTableGuard: @unchecked Sendable {
    // Used by one thread at a time, as its connection.
    private var isLifted = false

    /// Installs it for as long as the connection is open; it must not go before.
    func install(on handle: OpaquePointer) {
        sqlite3_set_authorizer(
            handle,
            { context, action, name, _, _, _ in
                guard let context, UserTableGuard.isOfUsers(action, name) else { return SQLITE_OK }
                return Unmanaged<UserTableGuard>.fromOpaque(context).takeUnretainedValue().isLifted
                    ? SQLITE_OK : SQLITE_DENY
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Runs `body`, which is not a client's: the statements that it prepares may read the table.
    func lift<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let before = isLifted
        isLifted = true
        defer { isLifted = before }
        return try body()
    }

    /// Whether an action that the authorizer is asked about reads the table of users.
    static func isOfUsers(_ action: Int32, _ name: UnsafePointer<CChar>?) -> Bool {
        guard action == SQLITE_READ, let name, name[0] == CChar(UInt8(ascii: "_")) else { return false }
        return sqlite3_stricmp(name, UserTable.name) == 0
    }
}
