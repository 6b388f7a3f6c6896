import NIOConcurrencyHelpers

/// The advisory locks of a node's sessions. They live in its memory: other nodes of the group have their own, and after a
/// restart or a failover there are none.
final class AdvisoryLocks: Sendable {
    typealias Request = AdvisoryLockTable.Request

    private struct State {
        var table = AdvisoryLockTable()
        /// What is called once an owner has the lock that it waits for.
        var wakers: [Int32: @Sendable () -> Void] = [:]
    }

    private let state = NIOLockedValueBox(State())

    func take(_ request: Request) -> AdvisoryLockTable.Taking { state.withLockedValue { $0.table.take(request) } }

    /// Waits for a lock without a thread: `wake` is called once it is there, perhaps before this returns, on the thread of
    /// whoever gives it back. It must not block.
    ///
    /// - Returns: false if that would never be, because those who have it wait for this one. Nothing is called then.
    func wait(for request: Request, wake: @escaping @Sendable () -> Void) -> Bool {
        let outcome = state.withLockedValue { state in
            let outcome = state.table.wait(for: request)
            if outcome == .waits { state.wakers[request.owner] = wake }
            return outcome
        }
        if outcome == .granted { wake() }
        return outcome != .deadlock
    }

    /// - Returns: whether the owner had it.
    func release(_ request: Request) -> Bool {
        change { table in
            let (wasHeld, granted) = table.release(request)
            return (wasHeld, granted)
        }
    }

    func releaseAll(of owner: Int32, _ scope: AdvisoryLockTable.Scope) {
        change { ((), $0.releaseAll(of: owner, scope)) }
    }

    /// A wait has ended in vain. If the lock has come meanwhile, it is given back.
    func withdraw(_ request: Request) {
        state.withLockedValue { $0.wakers[request.owner] = nil }
        change { ((), $0.withdraw(request)) }
    }

    /// A session has ended.
    func end(_ owner: Int32) {
        state.withLockedValue { $0.wakers[owner] = nil }
        change { ((), $0.end(owner)) }
    }

    /// Changes the table, and wakes those who have got a lock by that.
    private func change<Result>(_ body: (inout AdvisoryLockTable) -> (Result, [Request])) -> Result {
        let (result, wakers) = state.withLockedValue { state in
            let (result, granted) = body(&state.table)
            return (result, granted.compactMap { state.wakers.removeValue(forKey: $0.owner) })
        }
        for wake in wakers { wake() }
        return result
    }

    /// Whom an owner waits for, as a JSON array of numbers.
    func blockers(of owner: Int32) -> String {
        JSONText.array(Set(state.withLockedValue { $0.table.blockers(of: owner) }).sorted().map { String($0) })
    }

    /// The rows of `pg_locks`, as a JSON array.
    var json: String {
        let rows = state.withLockedValue { $0.table.rows }
        return JSONText.array(
            rows.map { row in
                JSONText.object([
                    ("classid", String(row.key.classID)), ("objid", String(row.key.objectID)),
                    ("objsubid", row.key.isPair ? "2" : "1"), ("pid", String(row.owner)),
                    ("mode", row.mode == .exclusive ? "ExclusiveLock" : "ShareLock"),
                    ("granted", row.isGranted ? "1" : "0"),
                ])
            })
    }
}
