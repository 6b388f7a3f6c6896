import PostgresWire
import TandemSQLite

// Advisory locks. All of this concerns sessions alone that have called one of their functions.
extension SessionEngine {
    private var owner: Int32 { record.identity.processID }

    /// What one of the functions answers.
    ///
    /// - Parameter text: as ``AdvisoryCall`` reads it.
    func advisoryAnswer(to text: Substring) throws(SQLiteError) -> String {
        var calls = advisoryCalls ?? AdvisoryCalls()
        defer { advisoryCalls = calls }
        if let answer = calls.earlierAnswer(to: text) { return answer }
        let call: AdvisoryCall
        do throws(PostgresError) {
            call = try AdvisoryCall(text)
        } catch {
            throw refused(error)
        }
        let request = AdvisoryLockTable.Request(owner: owner, key: call.key, mode: call.mode, scope: call.scope)
        switch call.action {
        case .lock, .tryToLock: return try take(request, for: call, text, &calls)
        case .unlock:
            let wasHeld = node.advisoryLocks.release(request)
            if !wasHeld {
                let lock = call.mode == .exclusive ? "ExclusiveLock" : "ShareLock"
                warn(SQLState("01000"), "you don't own a lock of type \(lock)")
            }
            calls.answered(text, wasHeld ? "1" : "0")
            return wasHeld ? "1" : "0"
        case .unlockAll:
            node.advisoryLocks.releaseAll(of: owner, .session)
            calls.answered(text, "")
            return ""
        }
    }

    private func take(
        _ request: AdvisoryLockTable.Request, for call: AdvisoryCall, _ text: Substring, _ calls: inout AdvisoryCalls
    ) throws(SQLiteError) -> String {
        let waits = call.action == .lock
        switch node.advisoryLocks.take(request) {
        case .granted: calls.answered(text, waits ? "" : "1", taken: request)
        case .unavailable where waits:
            if let refusal = refusalToWait(calls) { throw refused(refusal) }
            calls.waits(for: request, text)
            throw SQLiteError(.engine, "the statement waits for an advisory lock")
        case .unavailable:
            calls.answered(text, "0")
            return "0"
        case .full: throw refused(.tooManyAdvisoryLocks)
        }
        if request.scope == .transaction { calls.hasTransactionLocks = true }
        return waits ? "" : "1"
    }

    /// Why the statement at hand cannot wait for a lock; nil if it can. Whoever has the lock may need the writer.
    private func refusalToWait(_ calls: AdvisoryCalls) -> PostgresError? {
        if writerTransaction != .none { return .wouldWaitWithWriter }
        return calls.isRepeatable && piecesSent == statementStart.piecesSent ? nil : .wouldWaitInside
    }

    // MARK: The statement

    /// Whether the statement that has just failed waits for a lock: nothing of it is answered, and it is run again.
    func awaitsAdvisoryLock() -> Bool {
        guard advisoryCalls?.awaited != nil else { return false }
        active = nil
        output.truncate(to: statementStart.mark)
        return true
    }

    /// The lock is there.
    func advisoryLockArrived() { advisoryCalls?.arrived() }

    /// A statement has run to its end.
    func advisoryStatementEnded() {
        for request in advisoryCalls?.statementEnded() ?? [] { _ = node.advisoryLocks.release(request) }
    }

    /// A statement has failed, perhaps while it waited.
    func advisoryStatementFailed() {
        guard let request = advisoryCalls?.statementFailed() else { return }
        node.advisoryLocks.withdraw(request)
    }

    /// How long the session may wait for a lock, and what it is told when it has; nil for as long as it takes. A block that
    /// keeps a snapshot keeps it no longer than while its client says nothing.
    var advisoryWaitLimit: (timeout: Duration, error: PostgresError)? {
        let bounds = [settings.lockTimeout, heldReader == nil ? nil : settings.idleInTransactionTimeout]
        var limits: [(timeout: Duration, error: PostgresError)] = []
        if let timeout = bounds.compactMap(\.self).min() { limits.append((timeout, .advisoryLockTimedOut)) }
        if let timeout = settings.statementTimeout { limits.append((timeout, .timedOut)) }
        return limits.min { $0.timeout < $1.timeout }
    }

    // MARK: The transaction, the session

    /// A transaction has ended, or has failed.
    func releaseTransactionLocks() {
        guard advisoryCalls?.hasTransactionLocks == true else { return }
        advisoryCalls?.hasTransactionLocks = false
        node.advisoryLocks.releaseAll(of: owner, .transaction)
    }

    /// DISCARD ALL.
    func releaseSessionLocks() {
        guard advisoryCalls != nil else { return }
        node.advisoryLocks.releaseAll(of: owner, .session)
    }

    /// The session has ended.
    func forgetAdvisoryLocks() {
        guard advisoryCalls != nil else { return }
        advisoryCalls = nil
        node.advisoryLocks.end(owner)
    }
}

extension SessionStatement {
    /// Whether it calls functions of advisory locks: it must not be run to be described.
    var takesAdvisoryLocks: Bool { place?.translated.takesAdvisoryLocks ?? false }
}

extension PostgresError {
    fileprivate static var advisoryLockTimedOut: PostgresError {
        PostgresError(
            code: .lockNotAvailable, message: "canceling statement due to lock timeout",
            detail: "Another session has the advisory lock; pg_locks shows which.")
    }

    fileprivate static var wouldWaitWithWriter: PostgresError {
        PostgresError(
            code: .lockNotAvailable,
            message: "the advisory lock is taken, and cannot be waited for in a transaction that writes",
            detail: "All other writers would wait as well, and with them perhaps the session that has the lock.",
            hint: "Take the lock before the transaction's first write, or ask pg_try_advisory_lock.")
    }

    fileprivate static var wouldWaitInside: PostgresError {
        PostgresError(
            code: .lockNotAvailable,
            message: "the advisory lock is taken, and cannot be waited for in the middle of this statement",
            detail: "Rows of it were sent already, or it has asked for more than \(AdvisoryCalls.maximumCount) locks.",
            hint: "Take the lock by a statement of its own, or ask pg_try_advisory_lock.")
    }

    fileprivate static var tooManyAdvisoryLocks: PostgresError {
        PostgresError(
            code: .outOfMemory,
            message: "the sessions of this node have \(AdvisoryLockTable.maximumCount) advisory locks, the limit",
            hint: "Give back what is not needed; pg_locks shows who has them.")
    }

    static var advisoryDeadlock: PostgresError {
        PostgresError(
            code: SQLState("40P01"), message: "deadlock detected",
            detail: "Those who have the advisory lock wait for locks of this session.")
    }
}
