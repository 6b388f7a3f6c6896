// The primary, and whether it still is one. A server that has become a replica keeps its connections, and whoever only
// reads is never refused there: it would show less than what was committed on the primary since.
extension Router {
    nonisolated(nonsending) func usePrimary(
        _ reason: RouteReason, _ search: RoutingTable.Search, _ options: ScopeOptions, _ holding: [any ConnectionLease]
    ) async throws -> Found {
        for _ in 1...Self.attempts {
            let lease = try await primary.provider.acquire(for: options, holding: holding)
            let isGood = shows(search, lease) ? true : try await isPrimary(lease, search, options)
            if isGood {
                let wait = search.wait ?? .zero
                return (lease, Route(server: lease.connection.server, source: primary.name, reason: reason, wait: wait))
            }
            primary.provider.evictAll(reason: "\(lease.connection.server) is not the primary any more")
            lease.release(needsReset: false)
        }
        throw DatabaseError(
            .noServer, "\(primary.name) has become a replica each time it was connected to as the primary; try again")
    }

    /// Servers change their roles seldom, and never so fast.
    private static let attempts = 3

    /// Why a transaction goes to the primary, whatever is known of replicas; nil where that decides.
    func reasonForPrimary(_ options: ScopeOptions) -> RouteReason? {
        if !options.isReadOnly { return .readWrite }
        return readsOnPrimary ? .noReplicas : nil
    }

    /// Whether an idle connection to the primary will do without being asked for a transaction that goes there.
    func primaryWillDo(_ lease: any ConnectionLease, for options: ScopeOptions) -> Bool {
        (DatabaseSession.current == nil && !options.isReadOnly) || shows(search(for: options), lease)
    }

    private func shows(_ search: RoutingTable.Search, _ lease: any ConnectionLease) -> Bool {
        if search.position == nil, search.maximumLag == nil { return true }
        return table.withLockedValue {
            $0.primaryShows(
                search, server: lease.connection.server, connectedAt: lease.connectedAt, now: .now)
        }
    }

    /// Asks a server for its role. What a primary does not show, nobody shows: a position that it has not reached was lost
    /// with another primary, or is of another engine.
    private nonisolated(nonsending) func isPrimary(
        _ lease: any ConnectionLease, _ search: RoutingTable.Search, _ options: ScopeOptions
    ) async throws -> Bool {
        let askedAt = Moment.now
        let limit = askedAt + statusTimeout
        let status: ServerStatus
        do {
            status = try await lease.connection.status(
                deadline: .init(options.deadline.map { min($0, limit) } ?? limit))
        } catch {
            lease.release(needsReset: true)
            throw error
        }
        guard status.role == .primary else { return false }
        table.withLockedValue { $0.primaryAnswered(status, server: lease.connection.server, askedAt: askedAt) }
        if let position = search.position, !position.isUnknown, !shows(search, lease) {
            // One that has just become the primary may still be about to show what the one before it had committed.
            let limit = Moment.now + table.withLockedValue { $0.configuration.positionTimeout }
            do {
                _ = try await lease.connection.waitUntilReached(
                    position, deadline: .init(options.deadline.map { min($0, limit) } ?? limit))
            } catch is CancellationError {
                // It says nothing of the server.
                lease.release(needsReset: true)
                throw CancellationError()
            } catch {}
            guard lease.connection.isUsable else { return false }
        }
        learnPosition(from: status)
        return true
    }

    /// Whatever it was that the session wrote whose position nobody knows, it is before that of the primary.
    private func learnPosition(from status: ServerStatus) {
        guard let position = status.position, let session = DatabaseSession.current,
            session.position(in: identity)?.isUnknown == true
        else { return }
        session.committed(at: position, in: identity)
    }

    /// Asks the primary where it stands, for a read that may not go there and whose session does not know what it has
    /// written. Where it does not answer the session knows as much as before.
    ///
    /// - Throws: `CancellationError`.
    nonisolated(nonsending) func askPrimaryForPosition(
        _ options: ScopeOptions, _ holding: [any ConnectionLease]
    ) async throws {
        var options = options
        let limit = Moment.now + statusTimeout
        let deadline = options.deadline.map { min($0, limit) } ?? limit
        options.deadline = deadline
        var lease: (any ConnectionLease)?
        // What was asked is not waited for after a failure, and its answer would meet the next question.
        var needsReset = true
        defer { lease?.release(needsReset: needsReset) }
        do {
            lease = try await primary.provider.acquire(for: options, holding: holding)
            guard let status = try await lease?.connection.status(deadline: .init(deadline)) else { return }
            needsReset = false
            guard status.role == .primary else { return }
            learnPosition(from: status)
        } catch {
            try Task.checkCancellation()
        }
    }

    /// A commit of this program: its session's reads come after it.
    ///
    /// - Parameter lease: the connection that it was made on.
    func committed(_ position: CommitPosition, on lease: (any ConnectionLease)?, in session: DatabaseSession?) {
        guard let session else { return }
        session.committed(at: position, in: identity)
        guard let lease, !position.isUnknown else { return }
        table.withLockedValue {
            $0.primaryCommitted(
                position, server: lease.connection.server, connectedAt: lease.connectedAt, now: .now)
        }
    }
}
