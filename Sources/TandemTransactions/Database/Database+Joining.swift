// Calls that take part in what is current.
extension Database {
    /// Takes part in the current transaction, or in the current scope without one.
    func join<Value>(
        _ current: Scope?, in enclosing: Scope?, _ options: ScopeOptions, rollback: (any Error) -> ErrorDecision,
        isolated actor: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        let (current, holder) = try joinable(current, options)
        let scope = Scope(
            database: self, holder: holder, options: options, relation: holder.isTransactional ? .joined : .none,
            level: current.level, enclosing: enclosing)
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
        let (current, holder) = try joinable(current, options)
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

    /// The scope to take part in, if it still takes anybody.
    private func joinable(_ current: Scope?, _ options: ScopeOptions) throws -> (Scope, ConnectionHolder) {
        guard let current, let holder = current.holder else {
            throw DatabaseError.noTransaction(options, propagation: .mandatory)
        }
        if holder.state.withLock({ $0.isEnding }) { throw holder.endedError() }
        if configuration.onReadOnlyMismatch == .failAtJoin, holder.options.isReadOnly, !options.isReadOnly {
            throw DatabaseError.readOnlyMismatch(options, holder.options)
        }
        return (current, holder)
    }
}
