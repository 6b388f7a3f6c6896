import TandemLog

// A lease that is given from outside the group, for failover without an operator: docs/REPLICATION.md, rule 38.
extension ReplicationMachine {
    /// This node holds the group's lease until `end` at least, by this node's clock.
    public mutating func leaseExtended(until end: Moment, now: Moment) -> [Action] {
        leaseEnd = max(leaseEnd ?? end, end)
        if holdsLease(now: now) {
            if role == .starting, election == nil { setUp(now: now) } else { considerElection(now: now) }
        }
        return finish()
    }

    /// Another node holds the lease, or this one has given it back.
    public mutating func leaseLost(now: Moment) -> [Action] {
        leaseEnd = nil
        considerLease(now: now)
        return finish()
    }

    /// Whether this node may reign as far as the lease is concerned.
    func holdsLease(now: Moment) -> Bool {
        guard configuration.requiresLease, !mutations.contains(.ignoreLease) else { return true }
        return leaseEnd.map { now < $0 } ?? false
    }

    /// Ends a reign whose lease has ended. What is in flight is in doubt, as always; epochs decide what becomes of it.
    mutating func considerLease(now: Moment) {
        guard role == .primary, !holdsLease(now: now) else { return }
        leaveRole(.leaseEnded, now: now)
    }

    /// Whether all that a reign of this node lacks is the lease.
    public var awaitsLease: Bool {
        guard configuration.requiresLease else { return false }
        return election?.awaitsLease ?? (role == .starting)
    }

    /// For how long a primary has had a record that waits for acknowledgements; zero if it has none.
    public func waitForAcknowledgements(now: Moment) -> Duration {
        guard role == .primary, commit < log.flushed, let since = reign?.waitingSince else { return .zero }
        return now - since
    }
}

extension ReplicationMachine.StepDownReason {
    /// Whether somebody else reigns, or may; else this node goes on as soon as it can.
    var isForGood: Bool {
        switch self {
        case .superseded, .leaseEnded, .lacking, .forgotten: true
        case .outrun, .logFailed: false
        }
    }
}
