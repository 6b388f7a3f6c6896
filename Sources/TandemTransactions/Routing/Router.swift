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

    /// Which database this is for sessions.
    let identity: DatabaseIdentity
    let primary: Server
    let replicas: [Server]
    let table: NIOLockedValueBox<RoutingTable>
    /// The questions to replicas that had failed, by replica.
    private let probes = NIOLockedValueBox<[Int: Task<Void, Never>]>([:])

    init(name: String, primary: Server, replicas: [Server], configuration: RoutingConfiguration) {
        identity = DatabaseIdentity(name: name, primary: primary.source)
        self.primary = primary
        self.replicas = replicas
        let source = primary.source
        table = NIOLockedValueBox(
            RoutingTable(
                replicaCount: replicas.count, configuration: configuration,
                isReached: { source.isReached($0, by: $1) }))
    }

    /// Chooses a server and takes a connection to it. A replica that cannot be reached is left for the next within this
    /// one call.
    nonisolated(nonsending) func connect(
        _ options: ScopeOptions, holding: [any ConnectionLease]
    ) async throws -> (any ConnectionLease, Route) {
        try DatabaseSession.current?.enter(identity)
        guard options.isReadOnly else { return try await usePrimary(.readWrite, options, holding) }
        let request = request(of: options)
        var wait: Duration?
        askFailedReplicas()
        while true {
            let busy = replicas.map(\.provider.inUse)
            let decision = table.withLockedValue {
                $0.decide(request, busy: busy, hasWaited: wait != nil, now: .now)
            }
            switch decision {
            case .usePrimary(let reason):
                return try await usePrimary(reason, options, holding, wait: wait ?? .zero)
            case .refuse(let reason):
                throw DatabaseError(
                    .noServer, "no replica can take \(options.title), and reads do not go to the primary: \(reason)")
            case .ask(let replica): try await ask(replica, options, holding)
            case .use(let replica, let reason):
                guard let lease = try await lease(of: replica, options, holding) else { continue }
                return (lease, route(to: replica, lease, reason, wait: wait))
            case .wait(let replica, let position):
                let began = Moment.now
                wait = .zero
                guard let lease = try await lease(of: replica, options, holding) else { continue }
                let isReached = try await self.wait(for: position, on: lease, of: replica, options)
                wait = began.duration(to: .now)
                if isReached { return (lease, route(to: replica, lease, .waited(for: position), wait: wait)) }
            }
        }
    }

    private nonisolated(nonsending) func usePrimary(
        _ reason: RouteReason, _ options: ScopeOptions, _ holding: [any ConnectionLease], wait: Duration = .zero
    ) async throws -> (any ConnectionLease, Route) {
        let lease = try await primary.provider.acquire(for: options, holding: holding)
        return (lease, Route(server: lease.connection.server, source: primary.name, reason: reason, wait: wait))
    }

    private func route(
        to replica: Int, _ lease: any ConnectionLease, _ reason: RouteReason, wait: Duration?
    ) -> Route {
        Route(
            server: lease.connection.server, source: replicas[replica].name, replica: replica, reason: reason,
            lag: table.withLockedValue { $0.replicas[replica].status?.lag }, wait: wait ?? .zero)
    }

    private func request(of options: ScopeOptions) -> RoutingTable.Request {
        switch options.freshness {
        case .any: RoutingTable.Request()
        case .maxLag(let lag): RoutingTable.Request(maximumLag: lag)
        case .atLeast(let position): RoutingTable.Request(position: position)
        case .sameSession: RoutingTable.Request(position: DatabaseSession.current?.position(in: identity))
        }
    }

    /// A commit of this program: its session's reads come after it.
    func committed(_ position: CommitPosition) { DatabaseSession.current?.committed(at: position, in: identity) }

    // MARK: Replicas

    /// A connection to a replica; nil where it cannot be reached, which is noted.
    private nonisolated(nonsending) func lease(
        of replica: Int, _ options: ScopeOptions, _ holding: [any ConnectionLease]
    ) async throws -> (any ConnectionLease)? {
        do {
            return try await replicas[replica].provider.acquire(for: options, holding: holding)
        } catch let error as DatabaseError where Self.meansDown(error) {
            failed(replica, error)
            return nil
        }
    }

    private var statusTimeout: Duration { table.withLockedValue { $0.configuration.statusTimeout } }

    private nonisolated(nonsending) func ask(
        _ replica: Int, _ options: ScopeOptions, _ holding: [any ConnectionLease]
    ) async throws {
        guard let lease = try await lease(of: replica, options, holding) else { return }
        let askedAt = Moment.now
        let limit = askedAt + statusTimeout
        do {
            let deadline = options.deadline.map { min($0, limit) } ?? limit
            let status = try await lease.connection.status(deadline: .init(deadline))
            table.withLockedValue { $0.statusReceived(status, from: replica, askedAt: askedAt) }
        } catch let error as DatabaseError where Self.meansDown(error) || (error.code == .timeout && limit <= .now) {
            failed(replica, error)
        } catch {
            lease.release(needsReset: true)
            throw error
        }
        lease.release(needsReset: false)
    }

    private nonisolated(nonsending) func wait(
        for position: CommitPosition, on lease: any ConnectionLease, of replica: Int, _ options: ScopeOptions
    ) async throws -> Bool {
        let limit = Moment.now + table.withLockedValue { $0.configuration.positionTimeout }
        var isReached = false
        do {
            isReached = try await lease.connection.waitUntilReached(
                position, deadline: .init(options.deadline.map { min($0, limit) } ?? limit))
        } catch let error as DatabaseError where Self.meansDown(error) {
            failed(replica, error)
        } catch let error as DatabaseError where error.code == .invalidValue {
            // The position is of an engine that the servers had before: nobody ever reaches it.
        } catch {
            lease.release(needsReset: true)
            throw error
        }
        if isReached {
            table.withLockedValue { $0.positionReached(position, by: replica, at: .now) }
        } else {
            lease.release(needsReset: false)
        }
        return isReached
    }

    /// A replica did not answer: others take what would have gone to it.
    private func failed(_ replica: Int, _ error: DatabaseError) {
        table.withLockedValue { $0.failed(replica, reason: error.message, now: .now) }
    }

    /// A connection broke under a transaction that had been taken there.
    func connectionBroke(to replica: Int?, _ error: (any Error)?) {
        guard let replica else { return }
        let reason = (error as? DatabaseError)?.message ?? "a connection to it broke"
        table.withLockedValue { $0.connectionBroke(to: replica, reason: reason, now: .now) }
    }

    private static func meansDown(_ error: DatabaseError) -> Bool {
        switch error.code {
        case .connectionLost, .serverUnavailable, .noServer, .accessDenied: true
        default: false
        }
    }

    /// Asks replicas that have failed whether they answer again, without anybody waiting for it.
    private func askFailedReplicas() {
        for replica in table.withLockedValue({ $0.takeRetries(now: .now) }) {
            // Detached: nothing of the transaction that happens to start it belongs to it.
            probes.withLockedValue { $0[replica] = Task.detached { await self.probe(replica) } }
        }
    }

    private func probe(_ replica: Int) async {
        let askedAt = Moment.now
        let deadline = ContinuousClock.Instant(askedAt + statusTimeout)
        do {
            let server = replicas[replica]
            let connection = try await server.source.connect(to: nil, deadline: deadline)
            let answer: Result<ServerStatus, any Error>
            do { answer = .success(try await connection.status(deadline: deadline)) } catch { answer = .failure(error) }
            await connection.close()
            let status = try answer.get()
            table.withLockedValue { $0.statusReceived(status, from: replica, askedAt: askedAt) }
        } catch {
            let reason = (error as? DatabaseError)?.message ?? String(describing: error)
            table.withLockedValue { $0.failed(replica, reason: reason, now: .now) }
        }
        table.withLockedValue { $0.retryEnded(replica) }
        probes.withLockedValue { $0[replica] = nil }
    }

    /// Ends the questions that are under way.
    func close() {
        for probe in probes.withLockedValue({ Array($0.values) }) { probe.cancel() }
    }
}
