extension PoolStateMachine {
    /// Whether fewer idle connections are left, and on their way, than are to be kept ready, and there could be more.
    var isBelowMinimum: Bool {
        counts.free > 0 && counts.idle + counts.keepingAlive + counts.connecting < minimumIdle
    }

    /// An idle connection was handed out: another may have to be made in its place.
    mutating func idleTaken(at now: Moment) -> [Action] {
        var actions: [Action] = []
        supply(at: now, &actions)
        return actions
    }

    /// Sees to it that those who wait get connections, and that enough are kept ready.
    mutating func supply(at now: Moment, _ actions: inout [Action]) {
        supplyFromIdle(at: now, &actions)
        let wanted = min(connectionsWanted, counts.free)
        guard wanted > 0 else { return }
        for _ in 0..<attemptsAllowed(wanted, at: now) { connect(at: now, &actions) }
    }

    private mutating func supplyFromIdle(at now: Moment, _ actions: inout [Action]) {
        while let waiter = queue.first, let index = idle.last, let connection = slots[index].connection {
            if let reason = reasonToClose(index, at: now) {
                close(index, reason, at: now, &actions)
            } else if isFresh(index, at: now) {
                idle.removeLast()
                removeWaiter(at: 0)
                actions.append(.grant(waiter.id, lease(index, connection, to: waiter.request.acquirer, at: now)))
            } else if counts.validating < queue.count {
                idle.removeLast()
                ask(index, connection, PoolSlotState.validating(until:), at: now, &actions)
            } else {
                return
            }
        }
    }

    /// How many connections should be made: one for each request that will not be served by a connection that is being
    /// checked, and those that are missing to the minimum.
    private var connectionsWanted: Int {
        let checking = counts.validating + counts.resetting
        let forWaiters = max(0, queue.count - checking)
        let forMinimum = max(0, minimumIdle - counts.idle - counts.keepingAlive - max(0, checking - queue.count))
        return forWaiters + forMinimum - counts.connecting
    }

    /// How many of them may be made now: all, unless the last attempt failed; then one after a pause.
    private mutating func attemptsAllowed(_ wanted: Int, at now: Moment) -> Int {
        if case .closed = phase { return 0 }
        guard let until = backoff.until else { return wanted }
        if now < until {
            wake(at: until)
            return 0
        }
        return counts.connecting == 0 ? 1 : 0
    }

    private mutating func connect(at now: Moment, _ actions: inout [Action]) {
        guard let index = slots.firstIndex(where: { if case .free = $0.state { true } else { false } }) else { return }
        let deadline = now + configuration.connectTimeout
        move(index, to: .connecting(until: deadline + Self.tolerance))
        wake(at: deadline + Self.tolerance)
        actions.append(.connect(id(of: index), deadline: deadline))
    }
}
