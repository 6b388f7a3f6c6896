import NIOConcurrencyHelpers

/// Takes each transaction to its server: carries out what the ``RoutingTable`` decides.
final class Router: Sendable {
    /// A server with where its connections come from.
    struct Server: Sendable {
        let source: any DataSource
        let provider: any ConnectionProvider
        /// The source's, which may have to be put together each time it is asked for.
        let name: String

        init(source: any DataSource, provider: any ConnectionProvider) {
            self.source = source
            self.provider = provider
            name = source.name
        }
    }

    /// A connection and why it was taken.
    typealias Found = (lease: any ConnectionLease, route: Route)

    /// Which database this is for sessions.
    let identity: DatabaseIdentity
    let primary: Server
    let replicas: [Server]
    /// Whether the primary takes what only reads, because nobody else is there.
    let readsOnPrimary: Bool
    let table: NIOLockedValueBox<RoutingTable>
    /// The questions to replicas that had failed, by replica.
    let probes = NIOLockedValueBox<[Int: Task<Void, Never>]>([:])

    /// - Parameter isWatched: whether somebody wants to see replicas' lag, though no transaction asks for it.
    init(name: String, primary: Server, replicas: [Server], configuration: RoutingConfiguration, isWatched: Bool) {
        identity = DatabaseIdentity(name: name, primary: primary.source)
        self.primary = primary
        self.replicas = replicas
        readsOnPrimary = replicas.isEmpty && configuration.fallsBackToPrimary
        let source = primary.source
        table = NIOLockedValueBox(
            RoutingTable(
                replicaCount: replicas.count, configuration: configuration,
                watchInterval: isWatched ? Self.watchInterval : nil,
                isReached: { source.isReached($0, by: $1) }))
    }

    /// How often replicas are asked for their lag for those who watch.
    private static let watchInterval = Duration.seconds(1)

    /// Chooses a server and takes a connection to it. A replica that cannot be reached is left for the next within this
    /// one call.
    nonisolated(nonsending) func connect(
        _ options: ScopeOptions, holding: [any ConnectionLease]
    ) async throws -> Found {
        try DatabaseSession.current?.enter(identity)
        var search = search(for: options)
        guard options.isReadOnly else { return try await usePrimary(.readWrite, search, options, holding) }
        askFailedReplicas()
        // What the search has taken to see whether it will do.
        var taken: (any ConnectionLease)?
        defer { taken?.release(needsReset: false) }
        var hasAskedPrimary = false
        while true {
            let (decision, isFinal) = decide(search)
            switch decision {
            case .usePrimary(let reason):
                taken?.release(needsReset: false)
                return try await usePrimary(reason, search, options, holding)
            case .refuse(let reason):
                if case .positionNotReached(let position) = reason, position.isUnknown, !hasAskedPrimary {
                    hasAskedPrimary = true
                    try await askPrimaryForPosition(options, holding)
                    search.position = self.search(for: options).position
                    continue
                }
                throw DatabaseError(
                    .noServer, "no replica can take \(options.title), and reads do not go to the primary: \(reason)")
            case .use(let replica, _), .ask(let replica), .wait(let replica, _):
                if search.connection?.replica != replica || taken == nil {
                    taken?.release(needsReset: false)
                    taken = try await lease(of: replica, options, holding)
                    search.connection = taken.map { connection($0, to: replica) }
                    if !isFinal { continue }
                }
                guard let lease = taken, let route = try await carryOut(decision, on: lease, &search, options) else {
                    continue
                }
                taken = nil
                return (lease, route)
            }
        }
    }

    /// - Returns: what to do, and whether any connection to the replica will do.
    private func decide(_ search: RoutingTable.Search) -> (RoutingTable.Decision, isFinal: Bool) {
        var busy = replicas.map(\.provider.inUse)
        if let connection = search.connection { busy[connection.replica] -= 1 }
        return table.withLockedValue { ($0.decide(search, busy: busy, now: .now), $0.asksForNothing(search)) }
    }

    /// What a transaction asks for. One that may write has all that its session has written, whatever its freshness is:
    /// it goes to the primary.
    func search(for options: ScopeOptions) -> RoutingTable.Search {
        guard options.isReadOnly else { return RoutingTable.Search(position: sessionPosition) }
        return switch options.freshness {
        case .any: RoutingTable.Search()
        case .maxLag(let lag): RoutingTable.Search(maximumLag: lag)
        case .atLeast(let position): RoutingTable.Search(position: position)
        case .sameSession: RoutingTable.Search(position: sessionPosition)
        }
    }

    private var sessionPosition: CommitPosition? { DatabaseSession.current?.position(in: identity) }

    var statusTimeout: Duration { table.withLockedValue { $0.configuration.statusTimeout } }

    /// Whether the wait for a connection ended because none could be had from the server, not because others have them all.
    static func hidesThatItIsDown(_ error: DatabaseError) -> Bool {
        guard error.code == .timeout || error.code == .poolExhausted else { return false }
        return (error.cause as? DatabaseError).map(meansDown) ?? false
    }

    static func meansDown(_ error: DatabaseError) -> Bool {
        switch error.code {
        case .connectionLost, .serverUnavailable, .noServer, .accessDenied: true
        default: false
        }
    }
}
