import TandemLog
import TandemReplication

// Transfers that use the copy.
extension SnapshotLibrary {
    /// A copy that nobody fetches stays for so long: a broken connection comes back.
    private static let grace = Duration.seconds(30)

    /// A transfer has ended.
    ///
    /// - Parameters:
    ///   - isDone: whether everything was sent.
    ///   - taker: to whom.
    func release(isDone: Bool, taker: NodeID) {
        monitor.signal { state in
            state.users -= 1
            state.idleSince = ReplicationDriver.now
            state.expected = isDone ? nil : taker
        }
    }

    /// Whether the copy is being sent, or will be gone on with by another node than the one that asks.
    static func isInUse(_ state: State, besides taker: NodeID) -> Bool {
        if state.users > 0 { return true }
        guard let expected = state.expected, expected != taker else { return false }
        return ReplicationDriver.now - state.idleSince < grace
    }

    /// Removes a copy that nobody has wanted for a while. To be called about every second.
    func expire(now: Moment) {
        monitor.withLock { state in
            guard case .ready(let copy) = state.stand, state.users == 0, now - state.idleSince >= Self.grace else {
                return
            }
            remove(copy, &state)
        }
    }

    func remove(_ copy: Copy, _ state: inout State) {
        directory.discardCopy(copy.path)
        state.stand = .none
        state.held = nil
    }

    /// Waits until `count` bytes more may be sent at the rate asked for.
    func awaitTurn(for count: Int) {
        wait(monitor.withLock { $0.pace.take(count, now: ReplicationDriver.now) })
    }

    var chunkSize: Int { monitor.withLock { $0.pace.chunkSize } }

    func note(_ progress: SnapshotProgress?, of transfer: UniqueID) {
        monitor.withLock { $0.transfers[transfer] = progress }
    }

    var isStopping: Bool { monitor.withLock { $0.isStopping } }

    /// Ends what is under way, and waits until nobody reads the database for it any more; blocks.
    func stop() {
        monitor.signal { $0.isStopping = true }
        _ = monitor.wait(until: .now + .seconds(10)) { Self.isMaking($0) ? nil : true }
    }

    /// Waits on a thread of a transfer's own; ends early when the node stops.
    func wait(_ duration: Duration) {
        guard duration > .zero else { return }
        _ = monitor.wait(until: .now + duration) { $0.isStopping ? true : nil }
    }
}
