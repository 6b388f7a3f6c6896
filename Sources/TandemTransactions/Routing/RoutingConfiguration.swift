/// How read-only transactions find a server.
public struct RoutingConfiguration: Sendable, Hashable {
    /// A replica whose state is older takes no transactions, whatever their freshness; nil, the default, for no limit.
    /// With one, replicas are asked for their lag when what they said last is too old to tell.
    public var maximumLag: Duration?
    /// How long a transaction waits for a replica to reach its position before it goes to the primary. Default 100 ms.
    public var positionTimeout: Duration
    /// How long a replica may take to tell its lag, before it counts as failed. Default 5 s.
    public var statusTimeout: Duration
    /// A replica that failed is asked again after so long. Default 1 s.
    public var retryInterval: Duration
    /// Whether read-only transactions go to the primary where no replica may be used. Default true; false keeps reads
    /// away from the primary at any price: they fail with ``DatabaseError/Code/noServer``.
    public var fallsBackToPrimary: Bool

    /// The defaults, but for what is given.
    public init(
        maximumLag: Duration? = nil, positionTimeout: Duration = .milliseconds(100),
        statusTimeout: Duration = .seconds(5), retryInterval: Duration = .seconds(1), fallsBackToPrimary: Bool = true
    ) {
        self.maximumLag = maximumLag
        self.positionTimeout = positionTimeout
        self.statusTimeout = statusTimeout
        self.retryInterval = retryInterval
        self.fallsBackToPrimary = fallsBackToPrimary
    }
}
