/// Where a transaction's connections come from: the pool of one data source.
protocol ConnectionProvider: Sendable {
    /// How many of its connections somebody has.
    var inUse: Int { get }

    /// Where its connections lead, or where the last one led while there are none; empty before the first.
    var servers: [String] { get }

    /// Takes a connection.
    ///
    /// - Parameters:
    ///   - options: who asks.
    ///   - holding: the leases that the asking task has already, so that a deadlock can be told from a wait.
    nonisolated(nonsending) func acquire(for options: ScopeOptions, holding: [any ConnectionLease]) async throws
        -> any ConnectionLease

    /// Closes all connections, those in use when they are returned: they lead to where they should not lead any more.
    func evictAll(reason: String)
}

/// A connection that is out of its pool.
protocol ConnectionLease: AnyObject, Sendable {
    var connection: any DataSourceConnection { get }

    /// When the connection was made.
    var connectedAt: Moment { get }

    /// The server does not do what it was connected to for. The connection is closed when it is given back, and others of its
    /// pool that are idle are asked before they are used: in that they tell whether they lead elsewhere.
    func ledAstray(reason: String)

    /// Gives it back; one that is not usable any more is thrown away. Does nothing the second time.
    ///
    /// - Parameter needsReset: whether something may be left on it: settings, locks, temporary tables.
    func release(needsReset: Bool)
}
