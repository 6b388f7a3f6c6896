extension PoolStateMachine {
    /// The pool is to end. Whoever waits is still served, and whoever holds a connection gets others that it asks for,
    /// until `until`. Said again it can only bring the end nearer.
    mutating func shutdownBegan(until: Moment, at now: Moment) -> [Action] {
        switch phase {
        case .lazy, .running: phase = .draining(until: until)
        case .draining(let known): phase = .draining(until: min(known, until))
        case .closed: return []
        }
        var actions: [Action] = []
        if until <= now { endGrace(&actions) } else { wake(at: until) }
        endDrainIfDone(at: now, &actions)
        return actions
    }

    mutating func endGrace(_ actions: inout [Action]) {
        phase = .closed
        while !queue.isEmpty { actions.append(.fail(removeWaiter(at: 0).id, .closed)) }
    }

    /// Shutting down: stops what nobody waits for, and says when nothing is left.
    mutating func endDrainIfDone(at now: Moment, _ actions: inout [Action]) {
        switch phase {
        case .lazy, .running: return
        case .draining, .closed: break
        }
        guard queue.isEmpty else { return }
        abandonAttempts(&actions)
        for index in idle { close(index, .shutdown, at: now, &actions) }
        guard !isDrained, counts.free + counts.leased == counts.sum else { return }
        if case .draining = phase, counts.leased > 0 { return }
        phase = .closed
        isDrained = true
        actions.append(.drained(leased: counts.leased))
    }

    private mutating func abandonAttempts(_ actions: inout [Action]) {
        guard counts.connecting > 0 else { return }
        for index in slots.indices {
            guard case .connecting = slots[index].state else { continue }
            actions.append(.abandon(id(of: index)))
            free(index)
        }
    }
}
