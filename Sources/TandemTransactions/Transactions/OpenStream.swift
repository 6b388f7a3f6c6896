/// A cursor that has a transaction's connection until it is read to its end or left.
final class OpenStream: Sendable {
    let cursor: any ResultCursor
    let statement: Statement
    /// Whether the cursor has a small read-only transaction of its own, which ends with it.
    let isProtected: Bool

    init(cursor: any ResultCursor, statement: Statement, isProtected: Bool) {
        self.cursor = cursor
        self.statement = statement
        self.isProtected = isProtected
    }
}
