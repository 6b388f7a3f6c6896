extension PoolStateMachine {
    /// Somebody asked for a connection: one that can be had at once without asking it whether it is alive, or nil.
    ///
    /// Nobody is overtaken: nil while others wait. Afterwards ``idleTaken(at:)`` is to be told if ``isBelowMinimum``.
    mutating func idleRequested(by acquirer: Acquirer, at now: Moment) -> Lease? {
        guard queue.isEmpty, let index = idle.last, isFresh(index, at: now),
            let connection = slots[index].connection
        else { return nil }
        idle.removeLast()
        return lease(index, connection, to: acquirer, at: now)
    }

    /// Somebody asked for a connection and will wait for it.
    mutating func requested(_ id: PoolWaiterID, _ request: PoolRequest, at now: Moment) -> [Action] {
        let held = request.holding.compactMap { place(of: $0) }
        switch phase {
        case .lazy, .running: break
        case .draining: if held.isEmpty { return [.fail(id, .closed)] }
        case .closed: return [.fail(id, .closed)]
        }
        if let lease = idleRequested(by: request.acquirer, at: now) {
            var actions: [Action] = [.grant(id, lease)]
            supply(at: now, &actions)
            return actions
        }
        let request = withFailFast(request, at: now)
        if let failure = unreachableFailure(of: request, at: now) { return [.fail(id, .unreachable(failure))] }
        guard now < request.deadline else { return [.fail(id, .timedOut(request, status(at: now)))] }

        let position = enqueue(Waiter(id: id, request: request))
        for index in held { addAsker(index) }
        if !held.isEmpty, isDeadlocked {
            let status = status(at: now)
            removeWaiter(at: position)
            return [.fail(id, .deadlocked(request, status))]
        }
        wake(at: request.deadline)
        var actions: [Action] = []
        supply(at: now, &actions)
        return actions
    }

    /// Whoever asked does not wait any longer. Nothing if the request has been answered.
    mutating func cancelled(_ id: PoolWaiterID, at now: Moment) -> [Action] {
        guard let position = position(of: id) else { return [] }
        removeWaiter(at: position)
        var actions: [Action] = [.fail(id, .cancelled)]
        endDrainIfDone(at: now, &actions)
        return actions
    }

    /// Every connection that there can be is held by somebody who waits for another: none will ever be returned.
    ///
    /// A request with leases is what makes it so, because only such a one adds to those who wait while they hold; hence
    /// it is enough to look when one arrives, and that one, the newest, fails.
    private var isDeadlocked: Bool { heldByWaiters == configuration.maximumSize }

    // MARK: The queue

    /// Puts a request in its place: its number was given when it was asked for, and others may have come in between.
    private mutating func enqueue(_ waiter: Waiter) -> Int {
        var position = queue.count
        while position > 0, waiter.id < queue[position - 1].id { position -= 1 }
        queue.insert(waiter, at: position)
        return position
    }

    /// Takes a request out of the queue.
    @discardableResult
    mutating func removeWaiter(at position: Int) -> Waiter {
        let waiter = queue.remove(at: position)
        for lease in waiter.request.holding {
            if let index = place(of: lease) { removeAsker(index) }
        }
        return waiter
    }

    private func position(of id: PoolWaiterID) -> Int? {
        var low = 0
        var high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < queue.count && queue[low].id == id ? low : nil
    }

    private mutating func addAsker(_ index: Int) {
        slots[index].askers += 1
        if slots[index].askers == 1 { heldByWaiters += 1 }
    }

    private mutating func removeAsker(_ index: Int) {
        // A lease that was returned while its holder waited has none any more.
        guard slots[index].askers > 0 else { return }
        slots[index].askers -= 1
        if slots[index].askers == 0 { heldByWaiters -= 1 }
    }

    /// The lease ends: its holder holds nothing here while it waits.
    mutating func removeAskers(_ index: Int) {
        if slots[index].askers > 0 { heldByWaiters -= 1 }
        slots[index].askers = 0
    }

    // MARK: Judging

    /// A pool that never had a connection is more likely told a wrong address or password than met by an outage: who
    /// asks it is not left to wait for long.
    private func withFailFast(_ request: PoolRequest, at now: Moment) -> PoolRequest {
        guard !hasConnected, request.failsWhenUnreachableFrom == nil,
            let timeout = configuration.initializationFailTimeout
        else { return request }
        var request = request
        request.failsWhenUnreachableFrom = now + timeout
        return request
    }

    /// Whether it can be used without asking it whether it is alive.
    func isFresh(_ index: Int, at now: Moment) -> Bool {
        if let doubtedAt, slots[index].lastAlive <= doubtedAt { return false }
        return now - slots[index].lastAlive <= configuration.aliveBypassWindow && !slots[index].isRetired(at: now)
    }

    /// The failure with which a request does not wait, because the server cannot be reached.
    func unreachableFailure(of request: PoolRequest, at now: Moment) -> (any Error)? {
        guard let from = request.failsWhenUnreachableFrom, from <= now, counts.live == 0,
            let until = backoff.until, now < until
        else { return nil }
        return backoff.lastFailure
    }
}
