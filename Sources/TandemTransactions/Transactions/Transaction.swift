/// What is current in a task: a transaction, or a scope without one.
///
/// ```swift
/// Transaction.current?.afterCommit { await cache.drop(id) }
/// ```
public struct Transaction: Sendable {
    /// How the innermost call came to its transaction.
    public enum Relation: Sendable, Hashable {
        /// It began one of its own.
        case new
        /// It takes part in one that was current.
        case joined
        /// It has a savepoint in one that was current.
        case nested
        /// It runs without one.
        case none
    }

    let scope: Scope

    /// What is current in this task; nil where nothing is.
    ///
    /// With several databases it is that of the innermost call; ``Database/currentTransaction`` is one database's.
    public static var current: Transaction? {
        Scope.current.flatMap { $0.holder == nil ? nil : Transaction(scope: $0) }
    }

    private var options: ScopeOptions { scope.holder?.options ?? scope.options }
}

extension Transaction {
    /// The name of the outermost call, such as `BookService.rename(to:)`; nil where it has none. Joining does not change it.
    public var name: String? { options.name }

    /// Whether writes are refused. The outermost call decides; joining does not change it.
    public var isReadOnly: Bool { options.isReadOnly }

    /// Whether there is a transaction: false in a call that runs without one.
    public var isActive: Bool { scope.holder?.isTransactional ?? false }

    /// How the innermost call came to it.
    public var relation: Relation { scope.relation }

    /// What this one has suspended: it is current again when this one has ended.
    public var suspended: Transaction? {
        guard let holder = scope.holder else { return nil }
        for outer in Scope.chain(from: holder.enclosing) where outer.database === scope.database {
            return outer.holder == nil ? nil : Transaction(scope: outer)
        }
        return nil
    }

    /// How far it is kept apart from others. The outermost call decides.
    public var isolation: IsolationLevel { options.isolation }

    /// When it must have ended; nil without a time-out.
    public var deadline: ContinuousClock.Instant? { options.deadlineInstant }

    /// The server on which it runs; nil before the first statement, since it takes no connection earlier.
    public var server: String? { scope.holder?.lease?.connection.server }

    /// Why it runs there; nil before the first statement.
    public var routing: RouteReason? { scope.holder?.state.withLock { $0.reason } }

    /// Whether its part, back to the innermost savepoint, is to be rolled back.
    public var isRollbackOnly: Bool { scope.holder?.isMarked(at: scope.level) ?? false }
}

extension Transaction {
    /// Lets the work be rolled back at its end, back to the innermost savepoint.
    ///
    /// Asked by the call that began the transaction or the savepoint, the rollback is silent; asked by one that joined,
    /// the outer call gets `unexpectedRollback`.
    ///
    /// - Throws: `transactionEnded`, or `illegalTransactionState` where there is no transaction.
    public func setRollbackOnly() throws {
        let holder = try active("roll back")
        let isOwner = scope.relation == .new || scope.relation == .nested
        let mark: TransactionStateMachine.Mark = isOwner ? .asked : .imposed(by: scope.options.title)
        guard holder.mark(mark, at: scope.level) else { throw holder.endedError() }
    }

    /// Runs `hook` before COMMIT, in the transaction; an error that it throws rolls back, whatever `rollback:` says of it.
    ///
    /// It does not run where there will be no COMMIT, because the body failed or the transaction is marked for rollback.
    /// A hook belongs to the savepoint in which it was registered and goes with it. Without a transaction it runs at the
    /// end of the scope.
    ///
    /// - Throws: `transactionEnded` where it has ended; the hook is then not run.
    public func beforeCommit(_ hook: @escaping @Sendable () async throws -> Void) throws {
        try add(.beforeCommit(hook))
    }

    /// Runs `hook` after COMMIT, with nothing current and the connection given back.
    ///
    /// Every hook runs even if one before it threw; the first error is then thrown as `hookFailedAfterCommit`.
    ///
    /// - Throws: `transactionEnded` where it has ended; the hook is then not run.
    public func afterCommit(_ hook: @escaping @Sendable () async throws -> Void) throws {
        try add(.afterCommit(hook))
    }

    /// Runs `hook` when it has ended, however it ended, with nothing current. For a savepoint that is rolled back it runs
    /// then.
    ///
    /// - Throws: `transactionEnded` where it has ended; the hook is then not run.
    public func afterCompletion(_ hook: @escaping @Sendable (TransactionOutcome) async throws -> Void) throws {
        try add(.afterCompletion(hook))
    }

    /// Runs `body` after a savepoint: if it throws, what it did is rolled back, and what was done before stays.
    ///
    /// - Parameters:
    ///   - name: for messages; none unless given.
    ///   - fileID: the place of the call, for messages.
    ///   - line: the same.
    ///   - actor: the actor on which `body` runs: the caller's.
    ///   - body: what is done.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; `illegalTransactionState` where there is no transaction, `transactionEnded` where it has
    ///   ended, `unexpectedRollback` where a call that joined behind the savepoint had failed.
    @discardableResult
    public func withSavepoint<Value>(
        name: String? = nil, fileID: String = #fileID, line: UInt = #line,
        isolated actor: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        let holder = try active("set a savepoint")
        var options = holder.options
        options.name = name
        options.callSite = CallSite(fileID: fileID, line: line)
        return try await scope.database.nest(in: scope, options, rollback: { _ in .rollback }, body)
    }

    private func add(_ hook: TransactionHooks.Hook) throws {
        guard let holder = scope.holder else { return }
        try holder.add(hook, at: scope.level)
    }

    private func active(_ purpose: String) throws -> ConnectionHolder {
        if let holder = scope.holder, holder.isTransactional { return holder }
        throw DatabaseError(
            .illegalTransactionState,
            "there is no transaction to \(purpose): \(scope.options.titleWithPlace) runs without one")
    }
}
