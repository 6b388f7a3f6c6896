/// How a ``MariaDBDataSource`` uses its connections.
public struct MariaDBOptions: Sendable, Hashable {
    /// How many statements a connection keeps prepared, the least recently used leave first. Default 256; 0 for none.
    /// The server counts those of all its connections against `max_prepared_stmt_count` (16,382).
    public var statementCacheSize = 256

    /// Whether a connection that is given back is reset whatever was run on it. Default false: only where a statement
    /// is seen to leave something (a setting, a variable, a temporary table, a user lock). Say true where stored
    /// functions of the database leave such things.
    public var alwaysResets = false

    /// Whether a statement that fails leaves its transaction nothing but its end, or the return to a savepoint. Default
    /// true: as on the other engines, so that a program means the same on each. False for MariaDB's own way, where only
    /// the statement is taken back and the transaction goes on.
    public var failedStatementAbortsTransaction = true

    /// How long COMMIT may go without an answer until its connection is given up and its outcome unknown. Default 60 s;
    /// longer than the server waits for its replicas (`rpl_semi_sync_master_timeout`).
    public var commitTimeout = Duration.seconds(60)

    /// How long a server may take to end a statement that was cancelled, by its task or its deadline, and to answer the
    /// request for it. Default 3 s; then the connection is closed.
    public var cancelTimeout = Duration.seconds(3)

    /// The defaults.
    public init() {}
}
