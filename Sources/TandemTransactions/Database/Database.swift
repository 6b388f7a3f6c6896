/// A primary and its replicas, with transactions that find their server themselves.
///
/// ```swift
/// let database = Database(
///     primary: try PostgresDataSource("postgresql://study@db-1/study"),
///     replicas: [try PostgresDataSource("postgresql://study@db-2/study")])
/// let titles = try await database.transaction(readOnly: true) {
///     try await database.query("SELECT title FROM book ORDER BY id", as: String.self)
/// }
/// ```
public final class Database: Sendable {
    /// How it behaves, as it was made.
    public let configuration: Configuration
    let primary: ConnectionPool
    let replicas: [ConnectionPool]
    let router: Router
    let metrics: TransactionMetrics?
    /// Whether the program had a tracer when this was made.
    let isTraced: Bool
    /// Whether anybody listens to what transactions tell of themselves.
    var isObserved: Bool { isTraced || metrics != nil }
    private let routeMetrics: RouteMetrics?
    /// Whether nobody wants to hear of the server that something goes to.
    var takesSilently: Bool { !isObserved && routeMetrics == nil }
    var engine: Engine { primarySource.engine }
    /// Whether the primary takes one writing transaction at a time.
    var hasOneWriter: Bool { primarySource.writers == .one }
    /// Whether it does so in a transaction that has only read.
    func readsTakeWriter(at isolation: IsolationLevel) -> Bool {
        switch isolation {
        case .serverDefault, .readCommitted: false
        case .repeatableRead, .serializable: primarySource.readsTakeWriter
        }
    }
    private let primarySource: any DataSource

    /// Nothing is connected yet: that begins with the first statement, or with ``run()``.
    ///
    /// - Parameters:
    ///   - primary: takes what writes.
    ///   - replicas: take what only reads; without any the primary takes that too.
    ///   - configuration: time-outs, freshness, routing, and the pools' sizes.
    public init(primary: any DataSource, replicas: [any DataSource] = [], configuration: Configuration = .init()) {
        self.configuration = configuration
        self.primary = ConnectionPool(
            primary, role: .primary, configuration: configuration.pool, whenUnreachable: .wait)
        // A read-only transaction has other servers to go to.
        self.replicas = replicas.map {
            ConnectionPool(
                $0, role: .replica, configuration: configuration.replicaPool ?? configuration.pool,
                whenUnreachable: .fail)
        }
        primarySource = primary
        isTraced = ActiveTracer.current != nil
        let providers = zip(replicas, self.replicas).map { Router.Server(source: $0, provider: $1.driver) }
        router = Router(
            name: configuration.name, primary: Router.Server(source: primary, provider: self.primary.driver),
            replicas: providers, configuration: configuration.routing, isWatched: isTraced)
        metrics = TransactionMetrics(database: primary.name)
        routeMetrics = RouteMetrics(primary: primary.name, replicas: replicas.map(\.name))
    }
}

extension Database {
    /// How a database behaves.
    public struct Configuration: Sendable {
        /// When a call that writes joins a read-only transaction.
        public enum ReadOnlyMismatch: Sendable, Hashable {
            /// The write fails, with SQLSTATE 25006. The default.
            case failAtWrite
            /// The call fails before it begins.
            case failAtJoin
        }

        /// Tells it from other databases of the same program in a ``DatabaseSession``, and is the same in all instances of
        /// a service. Default `main`; needed where a program has several databases.
        public var name: String
        /// How long a transaction may take that says nothing of it; nil, the default, without an end.
        public var transactionTimeout: Duration?
        /// How recent the state must be that a read-only transaction sees which says nothing of it. Default: what was
        /// written in the same session.
        public var freshness: Freshness
        /// What happens when a call that writes joins a read-only transaction. Default: the write fails.
        public var onReadOnlyMismatch: ReadOnlyMismatch
        /// How read-only transactions find a server.
        public var routing: RoutingConfiguration
        /// The pool of each server.
        public var pool: PoolConfiguration
        /// The pool of each replica, where it is another one than the primary's; nil, the default: as ``pool``.
        public var replicaPool: PoolConfiguration?

        /// The defaults, but for what is given.
        public init(
            name: String = "main", transactionTimeout: Duration? = nil, freshness: Freshness = .sameSession,
            onReadOnlyMismatch: ReadOnlyMismatch = .failAtWrite, routing: RoutingConfiguration = .init(),
            pool: PoolConfiguration = .default, replicaPool: PoolConfiguration? = nil
        ) {
            self.name = name
            self.routing = routing
            self.pool = pool
            self.replicaPool = replicaPool
            self.transactionTimeout = transactionTimeout
            self.freshness = freshness
            self.onReadOnlyMismatch = onReadOnlyMismatch
        }
    }
}

// MARK: Connections

extension Database {
    /// An idle connection to the primary, for what goes there whatever replicas there are. Nil where there is none, where
    /// another server may be the right one, and where somebody wants to hear of it.
    func connectAtOnce(_ holder: ConnectionHolder) -> Connected? {
        guard let reason = router.reasonForPrimary(holder.options), takesSilently, !Task.isCancelled,
            DatabaseSession.current?.knows(router.identity) ?? true
        else { return nil }
        guard let lease = primary.driver.idleLease(for: Acquirer(holder.options)) else { return nil }
        guard router.primaryWillDo(lease, for: holder.options) else {
            lease.release(needsReset: false)
            return nil
        }
        return (lease, reason, nil)
    }

    /// A connection, why it is to this server, and which replica that is; nil for the primary.
    typealias Connected = (lease: any ConnectionLease, reason: RouteReason, replica: Int?)

    /// Chooses a server and takes a connection to it.
    nonisolated(nonsending) func connect(
        _ holder: ConnectionHolder
    ) async throws -> Connected {
        let span = isTraced ? RouteSpan(engine: engine) : nil
        do {
            let (lease, route) = try await router.connect(holder.options, holding: heldLeases(around: holder))
            routeMetrics?.routed(route)
            span?.ended(route)
            holder.observation?.routed(route)
            return (lease, route.reason, route.replica)
        } catch {
            routeMetrics?.failed()
            span?.failed(error)
            throw error
        }
    }

    /// What this task holds while it waits for another connection.
    private func heldLeases(around holder: ConnectionHolder) -> [any ConnectionLease] {
        guard holder.enclosing != nil else { return [] }
        var leases: [any ConnectionLease] = []
        for scope in Scope.chain(from: holder.enclosing) {
            // A scope that joined shares the lease of the one it joined.
            guard scope.relation != .joined, scope.relation != .nested, let lease = scope.holder?.lease else {
                continue
            }
            leases.append(lease)
        }
        return leases
    }

    /// A transaction of this program has been committed, on the connection of `lease` where it is known.
    func committed(
        _ position: CommitPosition, on lease: (any ConnectionLease)? = nil,
        in session: DatabaseSession? = DatabaseSession.current
    ) { router.committed(position, on: lease, in: session) }

    /// What is known of each server, for people: which of a data source's hosts connections lead to, in use, lag, position,
    /// and which are down and why.
    public func explainRouting() -> String { router.explanation() }
}
