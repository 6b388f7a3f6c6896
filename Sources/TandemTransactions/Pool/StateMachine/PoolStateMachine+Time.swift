extension PoolStateMachine {
    /// Time has passed: does what is due, and sets the alarm to the next moment at which something will be.
    mutating func timePassed(at now: Moment) -> [Action] {
        var actions: [Action] = []
        for index in slots.indices { timePassed(index, at: now, &actions) }
        // Those that were used last are kept longest.
        for index in idle where isIdleTooLong(index, at: now) { close(index, .idleTooLong, at: now, &actions) }
        for index in idle { keepAliveIfDue(index, at: now, &actions) }
        failOverdueRequests(at: now, &actions)
        if case .draining(let until) = phase, until <= now { endGrace(&actions) }
        supply(at: now, &actions)
        endDrainIfDone(at: now, &actions)
        setAlarm(nextMoment(after: now))
        return actions
    }

    private mutating func timePassed(_ index: Int, at now: Moment, _ actions: inout [Action]) {
        switch slots[index].state {
        case .free: break
        case .idle:
            if let reason = reasonToClose(index, at: now) { close(index, reason, at: now, &actions) }
        case .leased(var record):
            guard let threshold = configuration.leakDetectionThreshold, !record.isReportedAsLeaked,
                record.since + threshold <= now
            else { return }
            record.isReportedAsLeaked = true
            move(index, to: .leased(record))
            actions.append(.reportLeak(record.acquirer, now - record.since))
        case .connecting(let until):
            guard until <= now else { return }
            actions.append(.abandon(id(of: index)))
            let error = DatabaseError(.timeout, "connecting took longer than \(configuration.connectTimeout.shortText)")
            recordFailure(error, of: index, at: now, &actions)
        case .validating(let until), .keepingAlive(let until), .resetting(let until), .closing(let until):
            // The driver does not keep to its time. The place is used again; when it comes back, it is closed.
            guard until <= now else { return }
            actions.append(.abandon(id(of: index)))
            let silentSince = silence(of: index, at: now)
            free(index)
            if let silentSince { wasSilent(since: silentSince, at: now, &actions) }
        }
    }

    private func isIdleTooLong(_ index: Int, at now: Moment) -> Bool {
        guard let timeout = configuration.idleTimeout, counts.idle + counts.keepingAlive > minimumIdle else {
            return false
        }
        return slots[index].idleSince + timeout <= now
    }

    private mutating func keepAliveIfDue(_ index: Int, at now: Moment, _ actions: inout [Action]) {
        guard let interval = slots[index].keepAliveInterval, slots[index].lastAlive + interval <= now,
            let connection = slots[index].connection, let position = idle.firstIndex(of: index)
        else { return }
        idle.remove(at: position)
        ask(index, connection, PoolSlotState.keepingAlive(until:), at: now, &actions)
    }

    private mutating func failOverdueRequests(at now: Moment, _ actions: inout [Action]) {
        guard queue.contains(where: { $0.request.deadline <= now }) else { return }
        let status = status(at: now)
        var position = 0
        while position < queue.count {
            guard queue[position].request.deadline <= now else {
                position += 1
                continue
            }
            let waiter = removeWaiter(at: position)
            let isSilent = isSilent(for: waiter.request, at: now)
            actions.append(.fail(waiter.id, isSilent ? .silent(waiter.request) : .timedOut(waiter.request, status)))
        }
    }

    // MARK: The next moment

    private func nextMoment(after now: Moment) -> Moment? {
        var next = queue.lazy.map(\.request.deadline).min()
        func consider(_ moment: Moment?) {
            guard let moment else { return }
            next = next.map { min($0, moment) } ?? moment
        }
        for index in slots.indices { consider(nextMoment(of: index)) }
        consider(momentOfIdleTimeout)
        if case .draining(let until) = phase { consider(until) }
        if let until = backoff.until, now < until { consider(until) }
        // Moments that lie close together are dealt with together.
        return next.map { max($0, now + .milliseconds(1)) }
    }

    private func nextMoment(of index: Int) -> Moment? {
        switch slots[index].state {
        case .free: nil
        case .idle: nextMoment(ofIdle: index)
        case .leased(let record):
            record.isReportedAsLeaked ? nil : configuration.leakDetectionThreshold.map { record.since + $0 }
        case .connecting(let until), .validating(let until), .keepingAlive(let until), .resetting(let until),
            .closing(let until):
            until
        }
    }

    func nextMoment(ofIdle index: Int) -> Moment? {
        let retiresAt = slots[index].retiresAt
        guard let interval = slots[index].keepAliveInterval else { return retiresAt }
        let askedAt = slots[index].lastAlive + interval
        return retiresAt.map { min($0, askedAt) } ?? askedAt
    }

    /// When the connection that is idle for longest will have been so for too long; nil while none is one too many.
    var momentOfIdleTimeout: Moment? {
        guard let timeout = configuration.idleTimeout, counts.idle + counts.keepingAlive > minimumIdle,
            let oldest = idle.first
        else { return nil }
        return slots[oldest].idleSince + timeout
    }
}
