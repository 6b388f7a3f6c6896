// A server that says nothing: without power, behind packets that are dropped, or stopped. Each question to it costs all the
// time that there is for an answer, hence one such silence has to do for all connections.
extension PoolStateMachine {
    /// Asks a connection whether it is alive, which is not among the idle ones any more.
    mutating func ask(
        _ index: Int, _ connection: Connection, _ state: (Moment) -> PoolSlotState, at now: Moment,
        _ actions: inout [Action]
    ) {
        let deadline = now + configuration.validationTimeout
        slots[index].askedAt = now
        move(index, to: state(deadline + Self.tolerance))
        wake(at: deadline + Self.tolerance)
        actions.append(.validate(id(of: index), connection, deadline: deadline))
    }

    /// A connection has shown that it is alive.
    mutating func wasAlive(_ index: Int, at now: Moment) {
        slots[index].lastAlive = now
        answeredAt = now
    }

    /// Since when a connection has said nothing that was asked whether it is alive; nil for one that broke, which shows
    /// sooner.
    func silence(of index: Int, at now: Moment) -> Moment? {
        switch slots[index].state {
        case .validating, .keepingAlive:
            let askedAt = slots[index].askedAt
            return now - askedAt < configuration.validationTimeout / 2 ? nil : askedAt
        case .free, .connecting, .idle, .leased, .resetting, .closing: return nil
        }
    }

    /// A connection has said nothing since it was asked. Idle ones of which no later word is known would be as silent: they
    /// are closed instead of asked. If no other has said anything either, it is the server: whoever has another one to go
    /// to goes there.
    mutating func wasSilent(since asked: Moment, at now: Moment, _ actions: inout [Action]) {
        for index in idle where slots[index].lastAlive <= asked { close(index, .notAlive, at: now, &actions) }
        if let answeredAt, answeredAt > asked { return }
        failWhoDoesNotWait(DatabaseError.silence(of: name, for: now - asked), at: now, &actions)
    }

    /// Fails the requests that do not wait for a server to come back.
    mutating func failWhoDoesNotWait(_ error: any Error, at now: Moment, _ actions: inout [Action]) {
        var position = 0
        while position < queue.count {
            if let from = queue[position].request.failsWhenUnreachableFrom, from <= now {
                actions.append(.fail(removeWaiter(at: position).id, .unreachable(error)))
            } else {
                position += 1
            }
        }
    }

    /// Whether a request that has another server to go to has waited in vain because this one says nothing, rather than for
    /// others to return what they hold.
    func isSilent(for request: PoolRequest, at now: Moment) -> Bool {
        guard let from = request.failsWhenUnreachableFrom, from <= now, counts.leased < configuration.maximumSize,
            backoff.lastFailure == nil
        else { return false }
        return answeredAt.map { $0 < request.askedAt } ?? true
    }
}

extension DatabaseError {
    /// A server said nothing for so long.
    static func silence(of name: String, for duration: Duration) -> DatabaseError {
        DatabaseError(.connectionLost, "\(name) has not answered for \(duration.shortText)", sqlState: "08006")
    }
}
