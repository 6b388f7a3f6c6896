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
        let enclosing = Scope.current
        let current = Scope.innermost(of: self, from: enclosing)
        switch propagation.plan(in: current?.surroundings ?? .nothing) {
        case .begin where retry.attempts > 1:
            return try await repeated(options, in: enclosing, retry: retry, rollback: rollback, body)
        case .begin:
            let scope = try opened(options, isTransactional: true, in: enclosing)
            return try await run(body, in: scope, rollback: rollback)
        case .openScopeWithoutTransaction:
            let scope = try opened(options, isTransactional: false, in: enclosing)
            return try await run(body, in: scope, rollback: rollback)
        case .join: return try await join(current, in: enclosing, options, rollback: rollback, body)
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
    private func repeated<Value>(
        _ options: ScopeOptions, in enclosing: Scope?, retry: RetryPolicy, rollback: (any Error) -> ErrorDecision,
        isolated actor: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        var attempt = 1
        while true {
            let scope = try opened(options, isTransactional: true, in: enclosing)
            do {
                return try await run(body, in: scope, rollback: rollback)
            } catch {
                // A rule may have committed with the error, which may be another transaction's.
                guard scope.holder.isRolledBack, let pause = retry.pause(after: error, attempt: attempt),
                    !Task.isCancelled,
                    options.deadline.map({ .now + pause < $0 }) ?? true
                else { throw error }
                try await Task.sleep(for: pause)
                metrics?.retried()
                attempt += 1
            }
        }
    }

    /// Opens a scope that has a connection of its own.
    private func opened(_ options: ScopeOptions, isTransactional: Bool, in enclosing: Scope?) throws -> OutermostScope {
        if let enclosing, isTransactional, !options.isReadOnly,
            let blocking = ConnectionHolder.writer(of: self, around: enclosing)
        {
            throw DatabaseError.secondWriter(options, blocking: blocking.options)
        }
        let observation =
            isObserved
            ? TransactionObservation(options, of: self, isTransactional: isTransactional) : nil
        let holder = ConnectionHolder(
            database: self, options: options, isTransactional: isTransactional, enclosing: enclosing,
            observation: observation)
        let scope = Scope(
            database: self, holder: holder, options: options, relation: isTransactional ? .new : .none,
            level: TransactionStateMachine.outermost, enclosing: enclosing)
        return OutermostScope(scope: scope, holder: holder)
    }

    private struct OutermostScope {
        let scope: Scope
        let holder: ConnectionHolder
    }

    /// Runs `body` in its scope, to the end of the transaction.
    private func run<Value>(
        _ body: () async throws -> Value, in outermost: OutermostScope, rollback: (any Error) -> ErrorDecision,
        isolated actor: isolated (any Actor)? = #isolation
    ) async throws -> Value {
        if let observation = outermost.holder.observation {
            return try await observation.observe {
                try await runUnobserved(body, in: outermost, rollback: rollback)
            }
        }
        return try await runUnobserved(body, in: outermost, rollback: rollback)
    }

    private func runUnobserved<Value>(
        _ body: () async throws -> Value, in outermost: OutermostScope, rollback: (any Error) -> ErrorDecision,
        isolated actor: isolated (any Actor)? = #isolation
    ) async throws -> Value {
        let (scope, holder) = (outermost.scope, outermost.holder)
        let value: Value
        var (hasReturned, hasEnded) = (false, false)
        do {
            value = try await Scope.$current.withValue(scope) {
                let value = try await body()
                hasReturned = true
                hasEnded = holder.endedUnused()
                if !hasEnded { try await holder.runHooksBeforeCommit() }
                return value
            }
        } catch {
            // The rule is for errors of the body; a hook's rolls back.
            let commits = !hasReturned && rollback(error) == .commit
            try await end(outermost, after: error, commits: commits)
            throw error
        }
        if !hasEnded { try await holder.end(scope, commits: true, failure: nil) }
        return value
    }

    /// Ends a transaction whose body has thrown, where it is to be kept all the same with the hooks before COMMIT.
    private func end(
        _ outermost: OutermostScope, after failure: any Error, commits: Bool,
        isolated actor: isolated (any Actor)? = #isolation
    ) async throws {
        let (scope, holder) = (outermost.scope, outermost.holder)
        if commits {
            do {
                try await Scope.$current.withValue(scope) { try await holder.runHooksBeforeCommit() }
            } catch {
                try await holder.end(scope, commits: false, failure: error)
                throw error
            }
        }
        try await holder.end(scope, commits: commits, failure: failure)
    }
}
