extension PoolStateMachine {
    /// The pool was started: from now on it keeps connections ready.
    mutating func started(at now: Moment) -> [Action] {
        guard case .lazy = phase else { return [] }
        phase = .running
        var actions: [Action] = []
        supply(at: now, &actions)
        return actions
    }

    mutating func connected(_ id: PoolSlotID, _ connection: Connection, at now: Moment) -> [Action] {
        guard let index = place(of: id) else { return [.close(id, connection, .late)] }
        var actions: [Action] = []
        if backoff.succeeded() { actions.append(.reportReachable) }
        hasConnected = true
        slots[index].connection = connection
        slots[index].connectedAt = now
        slots[index].retiresAt = configuration.maximumLifetime.map { now + random.shortened($0, by: 0.1) }
        slots[index].keepAliveInterval = configuration.keepAliveInterval.map { random.shortened($0, by: 0.2) }
        slots[index].idleSince = now
        settle(index, at: now, &actions)
        return actions
    }

    mutating func connectFailed(_ id: PoolSlotID, _ error: any Error, at now: Moment) -> [Action] {
        guard let index = place(of: id) else { return [] }
        var actions: [Action] = []
        recordFailure(error, of: index, at: now, &actions)
        supply(at: now, &actions)
        endDrainIfDone(at: now, &actions)
        return actions
    }

    /// A connection was validated, kept alive or reset.
    mutating func checked(
        _ id: PoolSlotID, _ connection: Connection, isUsable: Bool, at now: Moment
    ) -> [Action] {
        guard let index = place(of: id) else { return [.close(id, connection, .late)] }
        var actions: [Action] = []
        if isUsable {
            settle(index, at: now, &actions)
        } else {
            doubtedAt = now
            let silentSince = silence(of: index, at: now)
            close(index, .notAlive, at: now, &actions)
            if let silentSince { wasSilent(since: silentSince, at: now, &actions) }
            supply(at: now, &actions)
        }
        return actions
    }

    mutating func closed(_ id: PoolSlotID, at now: Moment) -> [Action] {
        guard let index = place(of: id) else { return [] }
        free(index)
        var actions: [Action] = []
        supply(at: now, &actions)
        endDrainIfDone(at: now, &actions)
        return actions
    }

    /// The holder of a lease gave it back.
    mutating func returned(_ lease: LeaseID, as condition: PoolLease.Condition, at now: Moment) -> [Action] {
        guard let index = place(of: lease), case .leased(let record) = slots[index].state,
            let connection = slots[index].connection
        else { return [.reportUnknownLease(lease)] }
        removeAskers(index)
        slots[index].idleSince = now
        var actions: [Action] = []
        if record.isReportedAsLeaked { actions.append(.reportLeakReturned(record.acquirer, now - record.since)) }
        switch condition {
        case .clean:
            settle(index, at: now, &actions)
        case .unusable:
            doubtedAt = now
            close(index, .unusable, at: now, &actions)
            supply(at: now, &actions)
        case .needsReset:
            if let reason = reasonToClose(index, at: now) {
                // What is closed anyway need not be reset.
                close(index, reason, at: now, &actions)
                supply(at: now, &actions)
            } else {
                let until = now + configuration.validationTimeout
                move(index, to: .resetting(until: until))
                wake(at: until)
                actions.append(.reset(id(of: index), connection))
            }
        }
        return actions
    }

    /// The holder of a lease gave it back as it was taken, and nobody waits: it rests until the next one asks.
    ///
    /// - Returns: false where there is more to be done, which ``returned(_:as:at:)`` does; nothing has happened then.
    mutating func returnedToRest(_ lease: LeaseID, at now: Moment) -> Bool {
        guard queue.isEmpty, !isBelowMinimum, let index = place(of: lease), !slots[index].state.isReportedAsLeaked,
            reasonToClose(index, at: now) == nil
        else { return false }
        removeAskers(index)
        slots[index].idleSince = now
        wasAlive(index, at: now)
        rest(index)
        return true
    }

    /// What the connections lead to is not wanted any more: closes the idle ones now, and the others when they are not in use any more.
    ///
    /// Those being made are among the others: they may lead to where they should not lead any more.
    mutating func allEvicted(at now: Moment) -> [Action] {
        var actions: [Action] = []
        for index in slots.indices {
            switch slots[index].state {
            case .free, .closing: continue
            case .idle: close(index, .evicted, at: now, &actions)
            case .connecting, .leased, .validating, .keepingAlive, .resetting: slots[index].isEvicted = true
            }
        }
        supply(at: now, &actions)
        endDrainIfDone(at: now, &actions)
        return actions
    }

    /// What the connection of a lease leads to is not wanted any more; where the others lead to is asked before they are used.
    mutating func ledAstray(_ lease: LeaseID, at now: Moment) -> [Action] {
        doubtedAt = now
        if let index = place(of: lease) { slots[index].isEvicted = true }
        return []
    }

    // MARK: What becomes of a connection

    /// Why it must not be used, nor kept.
    func reasonToClose(_ index: Int, at now: Moment) -> PoolCloseReason? {
        if slots[index].isEvicted { return .evicted }
        if slots[index].isRetired(at: now) { return .lifetimeOver }
        switch phase {
        case .lazy, .running: return nil
        case .draining: return queue.isEmpty ? .shutdown : nil
        case .closed: return .shutdown
        }
    }

    /// A connection has become ready: for the first who waits, for later, or to be closed.
    private mutating func settle(_ index: Int, at now: Moment, _ actions: inout [Action]) {
        if let reason = reasonToClose(index, at: now) {
            close(index, reason, at: now, &actions)
            return supply(at: now, &actions)
        }
        wasAlive(index, at: now)
        if !queue.isEmpty, let connection = slots[index].connection {
            let waiter = removeWaiter(at: 0)
            actions.append(.grant(waiter.id, lease(index, connection, to: waiter.request.acquirer, at: now)))
        } else {
            rest(index)
        }
        // An attempt that succeeded may allow others that were held back.
        if backoff.failures == 0 { supply(at: now, &actions) }
    }

    /// Puts it among the idle ones, by its last use.
    private mutating func rest(_ index: Int) {
        move(index, to: .idle)
        var position = idle.count
        while position > 0, slots[idle[position - 1]].idleSince > slots[index].idleSince { position -= 1 }
        position == idle.count ? idle.append(index) : idle.insert(index, at: position)
        if let moment = nextMoment(ofIdle: index) { wake(at: moment) }
        if let moment = momentOfIdleTimeout { wake(at: moment) }
    }

    mutating func close(
        _ index: Int, _ reason: PoolCloseReason, at now: Moment, _ actions: inout [Action]
    ) {
        guard let connection = slots[index].connection else { return }
        if case .idle = slots[index].state, let position = idle.firstIndex(of: index) { idle.remove(at: position) }
        let until = now + configuration.validationTimeout
        move(index, to: .closing(until: until))
        wake(at: until)
        actions.append(.close(id(of: index), connection, reason))
    }

    /// An attempt to connect has failed or was given up.
    mutating func recordFailure(_ error: any Error, of index: Int, at now: Moment, _ actions: inout [Action]) {
        free(index)
        if backoff.failures == 0 { actions.append(.reportUnreachable(error)) }
        backoff.failed(error, at: now, random: &random)
        if counts.live == 0 { failWhoDoesNotWait(error, at: now, &actions) }
    }
}
