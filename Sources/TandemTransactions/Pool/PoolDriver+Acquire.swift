extension PoolDriver {
    /// Takes a connection.
    ///
    /// Whoever asked first gets the first. An idle connection is had without suspending and without asking the server.
    /// A task that is cancelled while it waits leaves the queue and loses no connection.
    ///
    /// - Parameters:
    ///   - holding: the leases of this pool that cannot be released before this request is answered.
    ///   - deadline: that of the asker's transaction.
    nonisolated(nonsending) func acquire(
        for acquirer: Acquirer, holding: [LeaseID] = [], deadline: Moment? = nil
    ) async throws -> PoolLease {
        try Task.checkCancellation()
        if let lease = idleLease(for: acquirer) { return lease }
        let id = state.withLockedValue { state in
            state.lastWaiter += 1
            return PoolWaiterID(number: state.lastWaiter)
        }
        return try await wait(as: id, request(by: acquirer, holding, deadline, at: .now))
    }

    /// A connection that is idle and need not be asked whether it is alive; nil where there is none.
    func idleLease(for acquirer: Acquirer) -> PoolLease? {
        let now = Moment.now
        let (lease, isBelowMinimum, alarm) = state.withLockedValue { state in
            // Where leaks are looked for, the machine wants to look at this one.
            (state.machine.idleRequested(by: acquirer, at: now), state.machine.isBelowMinimum, state.takeNewAlarm())
        }
        if let alarm { setAlarm(to: alarm) }
        guard let lease else { return nil }
        metrics?.idleTaken()
        if isBelowMinimum { handle(at: now) { $0.idleTaken(at: $1) } }
        return PoolLease(lease, of: self)
    }

    private func request(
        by acquirer: Acquirer, _ holding: [LeaseID], _ deadline: Moment?, at now: Moment
    ) -> PoolRequest {
        let limit = now + configuration.acquireTimeout
        var request = PoolRequest(
            acquirer: acquirer, holding: holding, askedAt: now, deadline: min(deadline ?? limit, limit))
        if let deadline, deadline < limit { request.isDeadlineOfTransaction = true }
        switch whenUnreachable {
        case .wait: break
        case .fail: request.failsWhenUnreachableFrom = now
        }
        return request
    }

    private nonisolated(nonsending) func wait(as id: PoolWaiterID, _ request: PoolRequest) async throws -> PoolLease {
        let lease = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Continuation) in
                handle({ $0.requested(id, request, at: $1) }, waiter: (id, continuation))
                // The handler may have run before there was anything to find.
                if Task.isCancelled { handle { $0.cancelled(id, at: $1) } }
            }
        } onCancel: {
            handle { $0.cancelled(id, at: $1) }
        }
        metrics?.acquired(after: request.askedAt.duration(to: .now))
        return lease
    }

    // MARK: Returning

    /// A lease has ended.
    ///
    /// - Parameter needsReset: whether it is known that the connection may not be as it was taken.
    func giveBack(_ lease: Machine.Lease, needsReset: Bool) {
        let connection = lease.connection
        let condition: PoolLease.Condition =
            !connection.isUsable ? .unusable : needsReset || connection.needsReset ? .needsReset : .clean
        returned(lease.id, as: condition, acquiredAt: lease.acquiredAt)
    }

    private func returned(_ lease: LeaseID, as condition: PoolLease.Condition, acquiredAt: Moment) {
        let now = Moment.now
        metrics?.returned(after: acquiredAt.duration(to: now))
        if condition == .clean, restAtOnce(lease, at: now) { return }
        handle(at: now) { $0.returned(lease, as: condition, at: $1) }
    }

    /// What nearly always happens to a connection: nobody waits, and it is kept for the next one who asks.
    private func restAtOnce(_ lease: LeaseID, at now: Moment) -> Bool {
        let (rests, alarm) = state.withLockedValue { state in
            let rests = state.machine.returnedToRest(lease, at: now)
            return (rests, rests ? state.takeNewAlarm() : nil)
        }
        guard rests else { return false }
        metrics?.idleReturned()
        if let alarm { setAlarm(to: alarm) }
        return true
    }

    /// A lease has gone without having been released.
    func forgotten(_ lease: Machine.Lease) {
        logger.error(
            "a connection was never released, and nobody has it any more", metadata: ["lease": "\(lease.id)"])
        returned(lease.id, as: .unusable, acquiredAt: lease.acquiredAt)
    }
}

extension PoolDriver: ConnectionProvider {
    var inUse: Int { state.withLockedValue { $0.machine.counts.leased } }

    var servers: [String] {
        let (current, last) = state.withLockedValue { state in
            (Set(state.machine.slots.compactMap { $0.connection?.server }), state.lastServer)
        }
        return current.isEmpty ? last.map { [$0] } ?? [] : current.sorted()
    }

    nonisolated(nonsending) func acquire(
        for options: ScopeOptions, holding: [any ConnectionLease]
    ) async throws -> any ConnectionLease {
        try await acquire(
            for: Acquirer(options),
            holding: holding.compactMap { ($0 as? PoolLease)?.id }, deadline: options.deadline)
    }
}
