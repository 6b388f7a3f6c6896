extension PoolStateMachine {
    /// What the pool is doing.
    ///
    /// - Complexity: O(*n* log *n*) in the pool's size.
    func status(at now: Moment) -> PoolStatus {
        let holders = slots.compactMap { slot -> PoolStatus.Holder? in
            guard case .leased(let record) = slot.state else { return nil }
            return PoolStatus.Holder(
                acquirer: record.acquirer, duration: now - record.since, waits: slot.askers > 0)
        }
        return PoolStatus(
            name: name, maximumSize: configuration.maximumSize, idle: counts.idle, connecting: counts.connecting,
            busy: counts.validating + counts.keepingAlive + counts.resetting + counts.closing,
            holders: holders.sorted { $0.duration > $1.duration }, pending: queue.count,
            lastConnectFailure: backoff.lastFailure)
    }
}

extension PoolStateMachine {
    var numbers: PoolNumbers {
        PoolNumbers(
            active: counts.leased, idle: counts.idle, total: configuration.maximumSize - counts.free,
            pending: queue.count)
    }
}
