/// The hooks of a transaction, each with the part of it in which it was registered.
struct TransactionHooks: Sendable {
    enum Hook: Sendable {
        case beforeCommit(@Sendable () async throws -> Void)
        case afterCommit(@Sendable () async throws -> Void)
        case afterCompletion(@Sendable (TransactionOutcome) async throws -> Void)
    }

    private var entries: [(level: Int, hook: Hook)] = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func append(_ hook: Hook, at level: Int) { entries.append((level, hook)) }

    /// A savepoint's work has become its parent's work; so have its hooks.
    mutating func savepointReleased(_ level: Int, to parent: Int) {
        for place in entries.indices where entries[place].level >= level { entries[place].level = parent }
    }

    /// A savepoint's work is gone, and so are its hooks.
    ///
    /// - Returns: those that want to know.
    mutating func savepointRolledBack(_ level: Int) -> TransactionHooks {
        var gone = TransactionHooks()
        gone.entries = entries.filter { $0.level >= level }
        entries.removeAll { $0.level >= level }
        return gone
    }

    /// Takes the next hook that runs before COMMIT; such a hook may register others.
    mutating func popBeforeCommit() -> (@Sendable () async throws -> Void)? {
        for (place, entry) in entries.enumerated() {
            if case .beforeCommit(let body) = entry.hook {
                entries.remove(at: place)
                return body
            }
        }
        return nil
    }

    /// Runs what is to run at the end, every hook even if one before it threw.
    ///
    /// - Returns: the first error.
    nonisolated(nonsending) func run(after outcome: TransactionOutcome) async -> (any Error)? {
        var first: (any Error)?
        func keepError(of body: () async throws -> Void) async {
            do { try await body() } catch { first = first ?? error }
        }
        if outcome == .committed {
            for entry in entries {
                if case .afterCommit(let body) = entry.hook { await keepError(of: body) }
            }
        }
        for entry in entries {
            if case .afterCompletion(let body) = entry.hook { await keepError { try await body(outcome) } }
        }
        return first
    }
}
