import TandemThreads

/// The statement whose rows are being fetched.
struct OpenCursor {
    let number: Int
    let statement: PreparedStatement
    var watch: StatementWatch
    /// Whether the server may be told to end it before its last row.
    let mayBeCutShort: Bool
    /// Whether all rows have been fetched.
    var isAtEnd = false
}
