/// How a ``PostgresDataSource`` uses its connections.
public struct PostgresOptions: Sendable, Hashable {
    /// How many statements a connection remembers, and keeps prepared once they have come twice. Default 256; 0 for
    /// none, as a proxy that shares sessions between clients (PgBouncer in transaction mode) needs it.
    public var statementCacheSize = 256

    /// Whether a commit that has written tells its position, which readers of their own writes need. Default true. It
    /// costs the server two short queries, and no round trip.
    public var reportsPositions = true

    /// Whether a connection that is given back is reset by `DISCARD ALL` whatever was run on it. Default false: only
    /// where a statement is seen to leave something (a setting, a temporary table, an advisory lock, `LISTEN`). Say
    /// true where functions of the database itself leave such things.
    public var alwaysResets = false

    /// How long COMMIT may go without an answer until its connection is given up and its outcome unknown. Default 60 s;
    /// longer than commits may wait for synchronous standbys, or for a node's replicas. The server is not told to stop:
    /// it would commit without them, and say that all is well.
    public var commitTimeout = Duration.seconds(60)

    /// How long a server may take to end a statement that was cancelled, by its task or its deadline, and to take the
    /// request for it. Default 3 s; then the connection is closed.
    public var cancelTimeout = Duration.seconds(3)

    /// The defaults.
    public init() {}
}
