extension ConnectionHolder {
    /// The body of the outermost scope has returned. Where it has run no statement, marked nothing and left no hook, that is
    /// the end of the transaction.
    ///
    /// - Returns: false where ``end(_:commits:failure:)`` has to end it.
    func endedUnused() -> Bool {
        let isUnused = state.withLock { state in
            state.lease == nil && state.gate.state == .free && state.hooks.isEmpty && state.machine.bodyReturnedUnused()
        }
        if isUnused { observation?.ended(.committed, isReadOnly: options.isReadOnly) }
        return isUnused
    }

    /// The body of the outermost scope has ended: everything is committed or rolled back, the connection given back, and
    /// the hooks run.
    ///
    /// - Parameter failure: the error that the body threw, if it did; it decides which error the caller sees.
    nonisolated(nonsending) func end(_ scope: Scope, commits: Bool, failure: (any Error)?) async throws {
        let (action, isUnused, dismissed) = state.withLock { state in
            let action = state.machine.bodyEnded(commits: commits)
            return (action, state.lease == nil && state.gate.state == .free, state.gate.waitersDismissed())
        }
        for waiter in dismissed { waiter.resume(throwing: endedError()) }
        let ending = isUnused ? ending(action.verdict) : await perform(action, scope)
        let hooks = state.withLock { state in
            state.machine.transactionEnded(ending.outcome)
            defer { state.hooks = TransactionHooks() }
            return state.hooks
        }
        observation?.ended(ending.outcome, isReadOnly: options.isReadOnly)
        let hookError = hooks.isEmpty ? nil : await runHooks(hooks, after: ending.outcome, of: scope)
        if var error = ending.error {
            error.cause = error.cause ?? state.withLock { $0.doom } ?? failure
            throw error
        }
        if failure == nil, let hookError { throw hookFailure(hookError, after: ending.outcome) }
    }

    private struct Ending {
        var outcome: TransactionOutcome
        var error: DatabaseError?
    }

    private nonisolated(nonsending) func perform(_ action: TransactionStateMachine.EndAction, _ scope: Scope) async
        -> Ending
    {
        await enterForEnd()
        await closeStream()
        defer { free(hasWritten: false) }
        let (lease, needsReset) = state.withLock { state in
            defer { state.lease = nil }
            return (state.lease, state.needsReset)
        }
        guard let lease else { return ending(action.verdict) }
        let result: Ending
        switch action {
        case .discard(let verdict): result = ending(verdict)
        case .nothing(let verdict), .rollBack(let verdict):
            // One on which this fails is not usable any more: the server rolls back when the pool throws it away.
            if isTransactional { try? await lease.connection.rollback() }
            result = ending(verdict)
        case .commit: result = isTransactional ? await commit(lease, scope) : ending(.committed)
        }
        if !lease.connection.isUsable {
            database.router.connectionBroke(to: state.withLock { $0.replica }, result.error)
        }
        lease.release(needsReset: needsReset || result.outcome == .unknown)
        return result
    }

    private nonisolated(nonsending) func commit(_ lease: any ConnectionLease, _ scope: Scope) async -> Ending {
        let connection = lease.connection
        if (try? checkDeadline()) == nil {
            try? await connection.rollback()
            return Ending(outcome: .rolledBack, error: lateError())
        }
        do {
            let position =
                options.isReadOnly
                ? try await commitReading(connection) : try await connection.commit()
            if let position, !options.isReadOnly { database.committed(position, on: lease) }
            return ending(.committed)
        } catch let error as DatabaseError {
            noteUnknownOutcome(error)
            let explained = explain(error, statement: nil, in: scope) as? DatabaseError
            return Ending(outcome: error.code == .outcomeUnknown ? .unknown : .rolledBack, error: explained ?? error)
        } catch {
            let unknown = DatabaseError(
                .outcomeUnknown, "COMMIT was broken off: whether the transaction was committed is not known",
                sqlState: "40003", cause: error)
            noteUnknownOutcome(unknown)
            return Ending(outcome: .unknown, error: explain(unknown, statement: nil, in: scope) as? DatabaseError)
        }
    }

    private func ending(_ verdict: TransactionStateMachine.Verdict) -> Ending {
        switch verdict {
        case .committed: Ending(outcome: .committed)
        case .rolledBack: Ending(outcome: .rolledBack)
        case .unexpectedlyRolledBack(let name): Ending(outcome: .rolledBack, error: unexpectedRollback(by: name))
        case .lost: Ending(outcome: .rolledBack, error: lostError())
        }
    }

    /// Hooks run with nothing of this database current: what they do opens its own transaction.
    nonisolated(nonsending) func runHooks(
        _ hooks: TransactionHooks, after outcome: TransactionOutcome, of scope: Scope
    ) async -> (any Error)? {
        let hidden = Scope(
            database: database, holder: nil, options: scope.options, relation: .none, level: 0,
            enclosing: scope.enclosing)
        return await Scope.$current.withValue(hidden) { await hooks.run(after: outcome) }
    }
}

extension ConnectionHolder {
    /// The statement without any scope for which this was made has ended: gives the connection back.
    func endStatement() {
        let (lease, needsReset) = state.withLock { state in
            _ = state.machine.bodyEnded(commits: true)
            state.machine.transactionEnded(.committed)
            defer { state.lease = nil }
            return (state.lease, state.needsReset)
        }
        lease?.release(needsReset: needsReset)
    }
}

extension ConnectionHolder.State {
    mutating func nextHookBeforeCommit() -> (@Sendable () async throws -> Void)? {
        hooks.isEmpty || !machine.canCommit ? nil : hooks.popBeforeCommit()
    }
}
