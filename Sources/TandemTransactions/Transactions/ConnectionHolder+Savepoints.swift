// How nested scopes end.
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
        let unused = state.withLock { state in
            state.machine.isSet(scope.level) ? nil : state.nestedEnded(scope.level, succeeded: succeeded)
        }
        if let unused { return (unused.end, unused.gone, nil) }
        await enterForEnd()
        await closeStream()
        let (end, gone) = state.withLock { $0.nestedEnded(scope.level, succeeded: succeeded) }
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
            state.withLock { $0.machine.transactionLost(in: scope.options.title) }
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
}

extension ConnectionHolder.State {
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
