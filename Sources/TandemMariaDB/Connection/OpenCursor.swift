import TandemThreads

/// The statement whose rows are being fetched.
struct OpenCursor {
    let number: Int
    let statement: PreparedStatement
    var watch: StatementWatch
    /// Whether all rows have been fetched.
    var isAtEnd = false
}
