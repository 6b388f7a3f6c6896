import TandemLog

// For comparing nodes at one common index.
extension DatabaseThread {
    /// Applies nothing above `index` for some time, and returns once that is applied; without an index nothing more than
    /// what is being applied at this moment, and returns at once. Blocks the calling thread.
    ///
    /// - Parameter time: how long at most; after that the thread goes on by itself.
    /// - Returns: whether the database stands at `index`.
    public func hold(at index: LogIndex?, for time: Duration) -> Bool {
        let end = ContinuousClock.now + time
        monitor.signal { $0.hold = (index ?? .zero, end) }
        guard let index else { return true }
        let applied = monitor.wait(until: end) { state -> LogIndex? in
            guard let applied = state.applied?.index, applied >= index || state.hasStopped else { return nil }
            return applied
        }
        return applied == index
    }

    /// Ends what ``hold(at:for:)`` began.
    public func endHold() { monitor.signal { $0.hold = nil } }
}

extension DatabaseThread.State {
    /// How far of what is committed records are applied now.
    mutating func limit(_ target: LogIndex) -> LogIndex { holdEnd == nil ? target : min(target, hold?.limit ?? target) }

    /// Until when that is not beyond a certain index; nil if it is.
    var holdEnd: ContinuousClock.Instant? {
        mutating get {
            if let hold, hold.until <= .now { self.hold = nil }
            return hold?.until
        }
    }
}
