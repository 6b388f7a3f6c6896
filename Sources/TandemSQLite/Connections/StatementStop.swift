import CTandemSQLite

/// Whether what runs on a connection is to end, for SQL functions that take long: SQLite stops no function while it runs.
///
/// Used on the thread that uses the connection, while a statement runs.
public final class StatementStop: @unchecked Sendable {
    /// What the connection knows of the call at hand.
    final class Limits: @unchecked Sendable {  // Used on the connection's thread alone.
        var limit: StatementLimit?
    }

    private let handle: OpaquePointer
    private let limits: Limits

    init(_ handle: OpaquePointer, _ limits: Limits) {
        self.handle = handle
        self.limits = limits
    }

    /// Whether the statement that called the function was cancelled, or has reached its deadline. Takes some microseconds.
    public var isAsked: Bool {
        if let limit = limits.limit, limit.reason != nil { return true }
        // Before version 3.41 SQLite does not tell whether it was interrupted; but no statement begins within one that was.
        return sqlite3_exec(handle, "SELECT 1", nil, nil, nil) == SQLITE_INTERRUPT
    }
}
