extension ConnectionHolder {
    /// The body of a nested scope has ended: its savepoint is released or rolled back.
    ///
    /// - Returns: what imposed a rollback on a body that succeeded.
    nonisolated(nonsending) func endNested(_ scope: Scope, succeeded: Bool) async throws
        -> TransactionStateMachine.Mark?
    {
        let (end, gone, failure) = await endPart(of: scope, succeeded: succeeded)
        let hookFailure = gone.isEmpty ? nil : await runHooks(gone, after: .rolledBack, of: scope)
        guard succeeded else { return nil }
        if end == nil { throw endedError() }
        if let failure { throw failure }
        if let hookFailure { throw hookFailure }
        return end?.mark
    }

    private typealias PartEnd = (
        end: TransactionStateMachine.NestedEnd?, gone: TransactionHooks, failure: (any Error)?
    )

    /// Ends a savepoint, with the connection and its streams; where it was never set neither is touched: a stream may be
    /// read around the scope.
    private nonisolated(nonsending) func endPart(of scope: Scope, succeeded: Bool) async -> PartEnd {
        let unused = state.withLockedValue { state in
            state.machine.isSet(scope.level) ? nil : state.nestedEnded(scope.level, succeeded: succeeded)
        }
        if let unused { return (unused.end, unused.gone, nil) }
        await enterForEnd()
        await closeStream()
        let (end, gone) = state.withLockedValue { $0.nestedEnded(scope.level, succeeded: succeeded) }
        let failure = await release(end, of: scope, on: lease?.connection)
        free(hasWritten: false)
        return (end, gone, failure)
    }

    private nonisolated(nonsending) func release(
        _ end: TransactionStateMachine.NestedEnd?, of scope: Scope, on connection: (any DataSourceConnection)?
    ) async -> (any Error)? {
        guard let end, let connection else { return nil }
        do {
            try await perform(end.action, at: scope.level, on: connection)
            return nil
        } catch {
            // Nobody knows what is left of it: none of it may be kept.
            state.withLockedValue { $0.machine.transactionLost(in: scope.options.title) }
            failed(error, in: scope)
            return explain(error, statement: nil, in: scope)
        }
    }

    private nonisolated(nonsending) func perform(
        _ action: TransactionStateMachine.SavepointAction, at level: Int, on connection: any DataSourceConnection
    ) async throws {
        let name = Self.savepointName(level)
        switch action {
        case .none: return
        case .release: try await shielded { try await connection.releaseSavepoint(name) }
        case .rollBack:
            try await shielded {
                try await connection.rollback(toSavepoint: name)
                try await connection.releaseSavepoint(name)
            }
        }
    }

    /// The body of the outermost scope has returned. Where it has run no statement, marked nothing and left no hook, that is
    /// the end of the transaction.
    ///
    /// - Returns: false where ``end(_:commits:failure:)`` has to end it.
    func endedUnused() -> Bool {
        let isUnused = state.withLockedValue { state in
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
        let (action, isUnused, dismissed) = state.withLockedValue { state in
            let action = state.machine.bodyEnded(commits: commits)
            return (action, state.lease == nil && state.gate.state == .free, state.gate.waitersDismissed())
        }
        for waiter in dismissed { waiter.resume(throwing: endedError()) }
        let ending = isUnused ? ending(action.verdict) : await perform(action, scope)
        let hooks = state.withLockedValue { state in
            state.machine.transactionEnded(ending.outcome)
            defer { state.hooks = TransactionHooks() }
            return state.hooks
        }
        observation?.ended(ending.outcome, isReadOnly: options.isReadOnly)
        let hookError = hooks.isEmpty ? nil : await runHooks(hooks, after: ending.outcome, of: scope)
        if var error = ending.error {
            error.cause = error.cause ?? state.withLockedValue { $0.doom } ?? failure
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
        let (lease, needsReset) = state.withLockedValue { state in
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
            database.router.connectionBroke(to: state.withLockedValue { $0.replica }, result.error)
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
    private nonisolated(nonsending) func runHooks(
        _ hooks: TransactionHooks, after outcome: TransactionOutcome, of scope: Scope
    ) async -> (any Error)? {
        let hidden = Scope(
            database: database, holder: nil, options: scope.options, relation: .none, level: 0,
            enclosing: scope.enclosing)
        return await Scope.$current.withValue(hidden) { await hooks.run(after: outcome) }
    }
}

extension ConnectionHolder.State {
    mutating func nextHookBeforeCommit() -> (@Sendable () async throws -> Void)? {
        hooks.isEmpty || !machine.canCommit ? nil : hooks.popBeforeCommit()
    }

    fileprivate mutating func nestedEnded(
        _ level: Int, succeeded: Bool
    ) -> (end: TransactionStateMachine.NestedEnd?, gone: TransactionHooks) {
        let end = machine.nestedScopeEnded(level, succeeded: succeeded)
        return (end, hooksGone(with: end, level: level))
    }

    /// Moves the hooks of a nested scope to its parent, or takes them out with its work.
    private mutating func hooksGone(with end: TransactionStateMachine.NestedEnd?, level: Int) -> TransactionHooks {
        guard let end, !hooks.isEmpty else { return TransactionHooks() }
        guard end.isKept else { return hooks.savepointRolledBack(level) }
        hooks.savepointReleased(level, to: end.parent)
        return TransactionHooks()
    }
}

extension ConnectionHolder {
    /// The statement without any scope for which this was made has ended: gives the connection back.
    func endStatement() {
        let (lease, needsReset) = state.withLockedValue { state in
            _ = state.machine.bodyEnded(commits: true)
            state.machine.transactionEnded(.committed)
            defer { state.lease = nil }
            return (state.lease, state.needsReset)
        }
        lease?.release(needsReset: needsReset)
    }
}
