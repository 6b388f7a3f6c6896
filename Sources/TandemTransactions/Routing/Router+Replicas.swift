extension Router {
    /// Does what was decided on the connection that the search has.
    ///
    /// - Returns: the route, once the connection will do.
    nonisolated(nonsending) func carryOut(
        _ decision: RoutingTable.Decision, on lease: any ConnectionLease, _ search: inout RoutingTable.Search,
        _ options: ScopeOptions
    ) async throws -> Route? {
        guard let connection = search.connection else { return nil }
        switch decision {
        case .use(_, let reason): return route(on: connection, reason, wait: search.wait)
        case .ask:
            search.asked.insert(connection.replica)
            try await ask(lease, connection, options)
        case .wait(_, let position):
            let began = Moment.now
            let isReached = try await wait(for: position, on: lease, connection, options)
            search.wait = began.duration(to: .now)
            if isReached { return route(on: connection, .waited(for: position), wait: search.wait) }
        case .usePrimary, .refuse: break
        }
        return nil
    }

    func route(on connection: RoutingTable.Connection, _ reason: RouteReason, wait: Duration? = nil) -> Route {
        Route(
            server: connection.server, source: replicas[connection.replica].name, replica: connection.replica,
            reason: reason, lag: table.withLockedValue { $0.lag(on: connection) }, wait: wait ?? .zero)
    }

    /// A connection to a replica; nil where it cannot be reached, which is noted.
    nonisolated(nonsending) func lease(
        of replica: Int, _ options: ScopeOptions, _ holding: [any ConnectionLease]
    ) async throws -> (any ConnectionLease)? {
        do {
            return try await replicas[replica].provider.acquire(for: options, holding: holding)
        } catch let error as DatabaseError where Self.meansDown(error) {
            failed(replica, error)
            return nil
        } catch let error as DatabaseError where Self.hidesThatItIsDown(error) {
            // It may only be slow: it is left until it has answered, and asked at once.
            connectionBroke(to: replica, error)
            if error.code == .timeout { throw error }
            return nil
        }
    }

    /// Takes note of where a connection leads to.
    func connection(_ lease: any ConnectionLease, to replica: Int) -> RoutingTable.Connection {
        let connection = RoutingTable.Connection(
            replica: replica, server: lease.connection.server, connectedAt: lease.connectedAt)
        table.withLockedValue { $0.connected(connection) }
        return connection
    }

    private nonisolated(nonsending) func ask(
        _ lease: any ConnectionLease, _ connection: RoutingTable.Connection, _ options: ScopeOptions
    ) async throws {
        let askedAt = Moment.now
        let limit = askedAt + statusTimeout
        do {
            let deadline = options.deadline.map { min($0, limit) } ?? limit
            let status = try await lease.connection.status(deadline: .init(deadline))
            answered(status, on: connection, askedAt: askedAt)
        } catch let error as DatabaseError where Self.meansDown(error) || (error.code == .timeout && limit <= .now) {
            failed(connection.replica, error)
        } catch {
            // The transaction's time was over before the replica's.
            if (error as? DatabaseError)?.code == .timeout { connectionBroke(to: connection.replica, error) }
            lease.release(needsReset: true)
            throw error
        }
    }

    /// A replica that has become the primary is none: another server may be in its place, and reads would burden this one.
    private func answered(_ status: ServerStatus, on connection: RoutingTable.Connection, askedAt: Moment) {
        guard status.role == .primary else {
            return table.withLockedValue { $0.statusReceived(status, on: connection, askedAt: askedAt) }
        }
        let reason = "\(connection.server) is not a replica any more"
        table.withLockedValue { $0.connectionBroke(to: connection.replica, reason: reason, now: .now) }
        replicas[connection.replica].provider.evictAll(reason: reason)
    }

    private nonisolated(nonsending) func wait(
        for position: CommitPosition, on lease: any ConnectionLease, _ connection: RoutingTable.Connection,
        _ options: ScopeOptions
    ) async throws -> Bool {
        let began = Moment.now
        let limit = began + table.withLockedValue { $0.configuration.positionTimeout }
        var isReached = false
        do {
            isReached = try await lease.connection.waitUntilReached(
                position, deadline: .init(options.deadline.map { min($0, limit) } ?? limit))
        } catch let error as DatabaseError where Self.meansDown(error) {
            failed(connection.replica, error)
        } catch let error as DatabaseError where error.code == .invalidValue {
            // The position is of an engine that the servers had before: nobody ever reaches it.
        } catch {
            lease.release(needsReset: true)
            throw error
        }
        if isReached { table.withLockedValue { $0.positionReached(position, on: connection, at: began) } }
        return isReached
    }

    // MARK: Failures

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

    /// Asks replicas that have failed whether they answer again, without anybody waiting for it.
    func askFailedReplicas() {
        for replica in table.withLockedValue({ $0.takeRetries(now: .now) }) {
            // Detached: nothing of the transaction that happens to start it belongs to it.
            probes.withLockedValue { $0[replica] = Task.detached { await self.probe(replica) } }
        }
    }

    /// Looks for a server that is a replica, as the pool does: the primary's answer says nothing of any.
    private func probe(_ replica: Int) async {
        let askedAt = Moment.now
        do {
            let (server, status) = try await status(of: replica, deadline: .init(askedAt + statusTimeout))
            let connection = RoutingTable.Connection(replica: replica, server: server, connectedAt: askedAt)
            table.withLockedValue { $0.statusReceived(status, on: connection, askedAt: askedAt) }
        } catch {
            let reason = (error as? DatabaseError)?.message ?? String(describing: error)
            table.withLockedValue { $0.failed(replica, reason: reason, now: .now) }
        }
        table.withLockedValue { $0.retryEnded(replica) }
        probes.withLockedValue { $0[replica] = nil }
    }

    private func status(
        of replica: Int, deadline: ContinuousClock.Instant
    ) async throws -> (server: String, ServerStatus) {
        let connection = try await replicas[replica].source.connect(to: .replica, deadline: deadline)
        let answer: Result<ServerStatus, any Error>
        do { answer = .success(try await connection.status(deadline: deadline)) } catch { answer = .failure(error) }
        await connection.close()
        let status = try answer.get()
        guard status.role == .replica else {
            throw DatabaseError(.noServer, "\(connection.server) is not a replica any more")
        }
        return (connection.server, status)
    }

    /// Ends the questions that are under way.
    func close() {
        for probe in probes.withLockedValue({ Array($0.values) }) { probe.cancel() }
    }
}
