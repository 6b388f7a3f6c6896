extension Database {
    /// Runs `body` in a transaction.
    ///
    /// Statements through the database join the transaction that is current in their task, and so do calls of this
    /// method, as `propagation` says. The transaction takes a connection at its first statement; one without statements
    /// touches no server. It commits when `body` returns and rolls back when it throws.
    ///
    /// - Parameters:
    ///   - readOnly: refuses writes, and lets a replica take it. A call that joins another transaction takes that one's.
    ///   - propagation: what is done when a transaction is current.
    ///   - isolation: the server's default unless asked. A call that joins takes the outer one's.
    ///   - timeout: until when it must have ended; the configuration's, which is none, unless asked. It is checked when a
    ///     connection is asked for, at each statement and before COMMIT; a statement that is running is cancelled.
    ///   - name: for messages, metrics and logs.
    ///   - rollback: what to do with an error that `body` threw; every error rolls back unless asked.
    ///   - retry: how often the body is run again after a serialization failure; never unless asked. A call that joins or
    ///     nests is not run again alone.
    ///   - freshness: how recent the state must be that a read-only transaction sees; the configuration's unless asked.
    ///   - fileID: the place of the call, for messages.
    ///   - line: the same.
    ///   - actor: the actor on which `body` runs: the caller's.
    ///   - body: what is done. With `retry` it may run several times.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; ``DatabaseError`` where the transaction itself fails.
    @discardableResult
    public func transaction<Value>(
        readOnly: Bool = false, propagation: Propagation = .required, isolation: IsolationLevel = .serverDefault,
        timeout: Duration? = nil, name: String? = nil, rollback: (any Error) -> ErrorDecision = { _ in .rollback },
        retry: RetryPolicy = .never, freshness: Freshness? = nil, fileID: String = #fileID, line: UInt = #line,
        isolated actor: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        let timeout = timeout ?? configuration.transactionTimeout
        let options = ScopeOptions(
            name: name, callSite: CallSite(fileID: fileID, line: line), isReadOnly: readOnly, isolation: isolation,
            deadline: timeout.map { .now + $0 }, freshness: freshness ?? configuration.freshness)
        let current = Scope.innermost(of: self)
        switch propagation.plan(in: current?.surroundings ?? .nothing) {
        case .begin: return try await begin(options, retry: retry, rollback: rollback, body)
        case .openScopeWithoutTransaction:
            return try await open(options, isTransactional: false, rollback: rollback, body)
        case .join: return try await join(current, options, rollback: rollback, body)
        case .nest: return try await nest(in: current, options, rollback: rollback, body)
        case .refuse:
            guard let current, propagation == .never else {
                throw DatabaseError.noTransaction(options, propagation: propagation)
            }
            throw DatabaseError.existingTransaction(options, current.holder?.options ?? current.options)
        }
    }

    /// What is current of this database in this task; nil where nothing is.
    public var currentTransaction: Transaction? { Scope.innermost(of: self).map(Transaction.init) }
}

// MARK: Scopes

extension Database {
    private func begin<Value>(
        _ options: ScopeOptions, retry: RetryPolicy, rollback: (any Error) -> ErrorDecision,
        isolated actor: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        var attempt = 1
        while true {
            do {
                return try await open(options, isTransactional: true, rollback: rollback, body)
            } catch {
                guard let pause = retry.pause(after: error, attempt: attempt), !Task.isCancelled,
                    options.deadline.map({ .now + pause < $0 }) ?? true
                else { throw error }
                try await Task.sleep(for: pause)
                metrics?.retried()
                attempt += 1
            }
        }
    }

    /// Opens a scope that has a connection of its own.
    private func open<Value>(
        _ options: ScopeOptions, isTransactional: Bool, rollback: (any Error) -> ErrorDecision,
        isolated actor: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        let enclosing = Scope.current
        let observation =
            isObserved
            ? TransactionObservation(options, of: self, isTransactional: isTransactional) : nil
        let holder = ConnectionHolder(
            database: self, options: options, isTransactional: isTransactional, enclosing: enclosing,
            observation: observation)
        if enclosing != nil, isTransactional, !options.isReadOnly, let blocking = holder.blockingWriter {
            throw DatabaseError.secondWriter(options, blocking: blocking.options)
        }
        let scope = Scope(
            database: self, holder: holder, options: options, relation: isTransactional ? .new : .none,
            level: TransactionStateMachine.outermost, enclosing: enclosing)
        guard let observation else { return try await run(body, in: scope, of: holder, rollback: rollback) }
        return try await observation.observe { try await run(body, in: scope, of: holder, rollback: rollback) }
    }

    /// Runs `body` in its scope, to the end of the transaction.
    private func run<Value>(
        _ body: () async throws -> Value, in scope: Scope, of holder: ConnectionHolder,
        rollback: (any Error) -> ErrorDecision, isolated actor: isolated (any Actor)? = #isolation
    ) async throws -> Value {
        let value: Value
        do {
            value = try await Scope.$current.withValue(scope) {
                let value = try await body()
                try await holder.runHooksBeforeCommit()
                return value
            }
        } catch {
            try await holder.end(scope, commits: rollback(error) == .commit, failure: error)
            throw error
        }
        try await holder.end(scope, commits: true, failure: nil)
        return value
    }

    /// Takes part in the current transaction, or in the current scope without one.
    private func join<Value>(
        _ current: Scope?, _ options: ScopeOptions, rollback: (any Error) -> ErrorDecision,
        isolated actor: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        let (current, holder) = try opened(current, options)
        let scope = Scope(
            database: self, holder: holder, options: options, relation: holder.isTransactional ? .joined : .none,
            level: current.level, enclosing: Scope.current)
        do {
            return try await Scope.$current.withValue(scope) { try await body() }
        } catch {
            if holder.isTransactional, rollback(error) == .rollback {
                // Where it has ended there is nothing left to be kept.
                _ = holder.mark(.imposed(by: options.title), at: current.level)
            }
            throw error
        }
    }

    /// Opens a scope with a savepoint in the current transaction.
    func nest<Value>(
        in current: Scope?, _ options: ScopeOptions, rollback: (any Error) -> ErrorDecision,
        isolated actor: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        let (current, holder) = try opened(current, options)
        let level = try holder.openNested(in: current.level)
        let scope = Scope(
            database: self, holder: holder, options: options, relation: .nested, level: level, enclosing: Scope.current)
        let value: Value
        do {
            value = try await Scope.$current.withValue(scope) { try await body() }
        } catch {
            let isKept = rollback(error) == .commit
            if let mark = try await holder.endNested(scope, succeeded: isKept), isKept {
                try holder.throwIfImposed(mark, on: scope, cause: error)
            }
            throw error
        }
        if let mark = try await holder.endNested(scope, succeeded: true) {
            try holder.throwIfImposed(mark, on: scope, cause: nil)
        }
        return value
    }

    private func opened(_ current: Scope?, _ options: ScopeOptions) throws -> (Scope, ConnectionHolder) {
        guard let current, let holder = current.holder else {
            throw DatabaseError.noTransaction(options, propagation: .mandatory)
        }
        if holder.state.withLockedValue({ $0.isEnding }) { throw holder.endedError() }
        if configuration.onReadOnlyMismatch == .failAtJoin, holder.options.isReadOnly, !options.isReadOnly {
            throw DatabaseError.readOnlyMismatch(options, holder.options)
        }
        return (current, holder)
    }
}
