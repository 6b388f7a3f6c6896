/// A cursor that has a transaction's connection until it is read to its end or left.
final class OpenStream: Sendable {
    let cursor: any ResultCursor
    let statement: Statement
    /// How what is around the cursor ends with it.
    let end: End
    /// The session that learns of what it has written: the stream may be closed elsewhere.
    let session: DatabaseSession?

    /// What is around a cursor.
    enum End: Sendable {
        /// A transaction that goes on, or nothing.
        case nothing
        /// Nothing: what the statement wrote is final.
        case autocommit
        /// A small read-only transaction of its own.
        case rollback
        /// A small transaction of its own, which tells whether a function has written.
        case commit
    }

    init(cursor: any ResultCursor, statement: Statement, end: End) {
        self.cursor = cursor
        self.statement = statement
        self.end = end
        session = DatabaseSession.current
    }
}
