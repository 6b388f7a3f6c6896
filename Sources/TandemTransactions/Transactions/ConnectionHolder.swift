import Synchronization

/// The connection that the scopes of one transaction share, from its first statement to its end, and the gate before it.
///
/// What to do is decided by ``TransactionStateMachine`` and ``StatementGate`` under the lock; it is done outside of it, by
/// whoever has the gate.
final class ConnectionHolder: Sendable {
    typealias Waiter = CheckedContinuation<Void, any Error>

    struct State: Sendable {
        var machine: TransactionStateMachine
        var gate = StatementGate<Waiter>()
        var hooks = TransactionHooks()
        var lease: (any ConnectionLease)?
        /// Why it has the server that it has.
        var reason: RouteReason?
        /// Which replica that is; nil for the primary.
        var replica: Int?
        /// Whether it has written, or has the one writer without.
        var hasWritten = false
        /// Whether a statement may have left something on the connection that outlives the transaction.
        var needsReset = false
        /// The failure after which the server gave the transaction up.
        var doom: (any Error)?
        /// The open stream.
        var stream: OpenStream?
    }

    let database: Database
    /// What the outermost scope asked for: it decides for all that join.
    let options: ScopeOptions
    let isTransactional: Bool
    /// The scopes around the outermost one; what of this database is among them is suspended.
    let enclosing: Scope?
    /// What it tells of itself; nil where nobody listens.
    let observation: TransactionObservation?
    let state: Mutex<State>

    init(
        database: Database, options: ScopeOptions, isTransactional: Bool, enclosing: Scope?,
        observation: TransactionObservation? = nil
    ) {
        self.observation = observation
        self.database = database
        self.options = options
        self.isTransactional = isTransactional
        self.enclosing = enclosing
        state = Mutex(State(machine: TransactionStateMachine(isTransactional: isTransactional)))
    }

    /// Whether each statement runs in a small read-only transaction of its own: without one a server that takes writes
    /// would take them.
    var protectsStatements: Bool { !isTransactional && options.isReadOnly }

    var lease: (any ConnectionLease)? { state.withLock { $0.lease } }
}

// MARK: Marks and hooks

extension ConnectionHolder {
    /// The part at `level` must not be kept.
    ///
    /// - Returns: false where it has ended.
    func mark(_ mark: TransactionStateMachine.Mark, at level: Int) -> Bool {
        state.withLock { $0.machine.marked(mark, at: level) }
    }

    /// Whether it has ended and nothing of it is kept.
    var isRolledBack: Bool { state.withLock { $0.machine.state == .ended(.rolledBack) } }

    func isMarked(at level: Int) -> Bool { state.withLock { $0.machine.mark(at: level) != nil } }

    func add(_ hook: TransactionHooks.Hook, at level: Int) throws {
        let isOpen = state.withLock { state in
            guard state.machine.hasOpenPart(at: level) else { return false }
            state.hooks.append(hook, at: level)
            return true
        }
        if !isOpen { throw endedError() }
    }
}

// MARK: One writer

extension ConnectionHolder {
    /// Whether it has written and is still open, so that it is the one writer of a server that has but one.
    var isWriting: Bool {
        state.withLock { state in
            guard state.hasWritten, isTransactional else { return false }
            switch state.machine.state {
            case .begun, .ending: return true
            case .lazy, .broken, .ended: return false
            }
        }
    }

    /// Whether it has the one writer once a statement has run: because that may have written, or because the server keeps
    /// others from what was read.
    func hasWriter(after statement: Statement) -> Bool {
        guard statement.isSurelyReading else { return true }
        guard isTransactional, database.hasOneWriter, !options.isReadOnly else { return false }
        return database.readsTakeWriter(at: options.isolation) || statement.locksRows
    }

    /// The writing transaction around this one that would have to end before this one can write.
    var blockingWriter: ConnectionHolder? { enclosing.flatMap { Self.writer(of: database, around: $0) } }

    /// The writing transaction of a database with one writer among `scope` and those around it.
    static func writer(of database: Database, around scope: Scope) -> ConnectionHolder? {
        guard database.hasOneWriter else { return nil }
        for scope in Scope.chain(from: scope) where scope.database === database {
            if let holder = scope.holder, holder.isWriting { return holder }
        }
        return nil
    }
}

// MARK: Scopes

extension ConnectionHolder {
    /// Runs what is to run before COMMIT, hooks that such hooks register included. Once there will be no COMMIT, none.
    nonisolated(nonsending) func runHooksBeforeCommit() async throws {
        while let hook = state.withLock({ $0.nextHookBeforeCommit() }) { try await hook() }
    }

    /// - Returns: the nested scope's level.
    func openNested(in level: Int) throws -> Int {
        do { return try state.withLock { try $0.machine.nestedScopeOpened(in: level).get() } } catch {
            throw self.error(for: error as? TransactionStateMachine.Refusal ?? .ended)
        }
    }

    /// Tells the owner of a savepoint that its work was not kept, unless it asked for that.
    func throwIfImposed(_ mark: TransactionStateMachine.Mark, on scope: Scope, cause: (any Error)?) throws {
        switch mark {
        case .asked: return
        case .imposed(let name):
            var error = unexpectedRollback(by: name)
            error.message = "nested transaction \(scope.options.title): " + error.message
            error.cause = cause
            throw error
        }
    }
}
