import CTandemSQLite

/// A reader's own statements, prepared once: to prepare them takes longer than to run them.
final class ReaderStatements {
    let begin: OwnStatement
    /// The first read of a transaction: it takes the state of this moment.
    let look: OwnStatement
    let rollback: OwnStatement
    private let handle: OpaquePointer
    /// Prepared when it is wanted: not all databases have a position.
    private var position: OwnStatement?

    init(_ handle: OpaquePointer) throws(SQLiteError) {
        self.handle = handle
        begin = try OwnStatement(handle, "BEGIN DEFERRED")
        look = try OwnStatement(handle, "SELECT 1 FROM sqlite_schema LIMIT 1")
        rollback = try OwnStatement(handle, "ROLLBACK")
    }

    func appliedState() throws(SQLiteError) -> AppliedState {
        if let position { return try AppliedState(position) }
        let statement = try OwnStatement(handle, AppliedState.query)
        position = statement
        return try AppliedState(statement)
    }
}
