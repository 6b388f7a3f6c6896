/// One transaction of a server, from the opening of its outermost scope to its end, without any I/O.
///
/// It knows when to take a connection and begin, which savepoints must be set before a statement, which of them have
/// failed, and how all of it ends. A scope without a transaction is one as well: it takes a connection and begins nothing.
struct TransactionStateMachine: Sendable {
    /// Where the transaction stands.
    enum State: Sendable, Hashable {
        /// No statement so far, no connection. To `begun` with the first statement, to `ending` with the scope's end.
        case lazy
        /// It has its connection. To `ending`, or to `broken` when the connection breaks.
        case begun
        /// Its connection broke: the server has rolled it back, and it takes nothing but its end. To `ending`.
        case broken
        /// Its outermost scope has ended and COMMIT or ROLLBACK is on its way. To `ended`.
        case ending
        case ended(TransactionOutcome)
    }

    /// Why a part of the transaction must not be kept.
    enum Mark: Sendable, Hashable {
        /// The scope that owns the part asked for it: nobody is surprised.
        case asked
        /// A call that had joined failed or asked for it: the owner is told.
        case imposed(by: String)

        /// The mark that stands when this one comes behind `earlier`: the first, but one that surprises the owner outweighs
        /// one that it set itself.
        func following(_ earlier: Mark?) -> Mark {
            switch earlier {
            case nil, .asked?: self
            case .imposed(let name)?: .imposed(by: name)
            }
        }
    }

    private(set) var state: State = .lazy
    /// The mark of the whole transaction.
    private var mark: Mark?
    private var levels = SavepointLevels()
    /// Set when the server has given the whole transaction up, savepoints and all.
    private var doom: Mark?

    /// The number of the level that is the whole transaction.
    static let outermost = 0

    /// Whether there is a transaction; otherwise each statement is final at once.
    let isTransactional: Bool

    init(isTransactional: Bool = true) {
        self.isTransactional = isTransactional
    }
}

// MARK: Statements

extension TransactionStateMachine {
    /// A statement of a scope at `level` has its turn. Asked again after each step, until the answer is `run` or `refuse`.
    func statementArrived(at level: Int) -> StatementAction {
        switch state {
        case .ending, .ended: return .refuse(.ended)
        case .broken: return .refuse(.connectionLost)
        case .lazy, .begun: break
        }
        if let refusal = refusal(at: level) { return .refuse(refusal) }
        if doom != nil { return .refuse(.aborted) }
        if state == .lazy { return .begin }
        return levels.firstUnset.map { .setSavepoint($0) } ?? .run
    }

    /// The connection was taken, and BEGIN has succeeded, or is on its way with the first statement: a body that ends now
    /// commits what that statement does.
    mutating func transactionBegun() {
        if state == .lazy { state = .begun }
    }

    /// BEGIN, which was on its way, has failed: there is no transaction, and the next statement begins one.
    mutating func beginningFailed() {
        if state == .begun { state = .lazy }
    }

    mutating func savepointSet(_ level: Int) { levels.wasSet(level) }

    /// Without a transaction nothing is lost with it: the next statement takes another one.
    mutating func connectionBroke() {
        if state == .begun { state = isTransactional ? .broken : .lazy }
    }

    /// The server has rolled the whole transaction back, or nobody knows which part of it is left.
    mutating func transactionLost(in name: String) {
        if doom == nil { doom = .imposed(by: name) }
    }

    private func refusal(at level: Int) -> Refusal? {
        guard level != levels.innermost else { return nil }
        return levels.isOpen(level) ? .nestedScopeOpen : .ended
    }

    /// Whether the server knows the savepoint at `level`.
    func isSet(_ level: Int) -> Bool { levels[level]?.isSet ?? false }

    /// Whether the part at `level` has not ended.
    func hasOpenPart(at level: Int) -> Bool {
        switch state {
        case .ending, .ended: false
        case .lazy, .begun, .broken: levels.isOpen(level)
        }
    }
}

// MARK: Rollback-only

extension TransactionStateMachine {
    /// The part at `level` must not be kept.
    ///
    /// - Returns: whether the level is still open.
    mutating func marked(_ mark: Mark, at level: Int) -> Bool {
        guard hasOpenPart(at: level) else { return false }
        if level == Self.outermost {
            self.mark = mark.following(self.mark)
        } else {
            levels.marked(mark, at: level)
        }
        return true
    }

    func mark(at level: Int) -> Mark? {
        if let doom { return doom }
        return level == Self.outermost ? mark : levels[level]?.mark
    }
}

// MARK: Nested scopes

extension TransactionStateMachine {
    /// A scope with a savepoint was opened inside a scope at `level`.
    ///
    /// - Returns: its level.
    mutating func nestedScopeOpened(in level: Int) -> Result<Int, Refusal> {
        switch state {
        case .ending, .ended: return .failure(.ended)
        case .lazy, .begun, .broken: break
        }
        if let refusal = refusal(at: level) { return .failure(refusal) }
        return .success(levels.opened())
    }

    /// The body of the nested scope at `level` has ended. Scopes that were left open inside it end with it.
    mutating func nestedScopeEnded(_ level: Int, succeeded: Bool) -> NestedEnd? {
        guard let ended = levels.ended(level) else { return nil }
        let isKept = succeeded && ended.mark == nil && doom == nil
        let isReachable = ended.isSet && doom == nil && state == .begun
        return NestedEnd(
            action: !isReachable ? .none : isKept ? .release : .rollBack, mark: succeeded ? doom ?? ended.mark : nil,
            isKept: isKept, parent: levels.innermost)
    }
}

// MARK: The end

extension TransactionStateMachine {
    /// Whether it would be committed if its body returned now.
    var canCommit: Bool {
        switch state {
        case .lazy, .begun: verdict(commits: true) == .committed
        case .broken, .ending, .ended: false
        }
    }

    /// The body of the outermost scope has ended. From now on no statement is taken.
    ///
    /// - Parameter commits: whether it is to be committed: it returned, or it threw an error with which it commits.
    mutating func bodyEnded(commits: Bool) -> EndAction {
        let verdict = verdict(commits: commits)
        defer { state = .ending }
        switch state {
        case .lazy: return .nothing(verdict)
        case .begun: return verdict == .committed ? .commit : .rollBack(verdict)
        case .broken: return .discard(verdict == .committed ? .lost : verdict)
        case .ending, .ended: return .nothing(.rolledBack)
        }
    }

    /// The body of the outermost scope has returned. Where nothing was run and nothing marked, the transaction has ended.
    mutating func bodyReturnedUnused() -> Bool {
        guard state == .lazy, doom == nil, mark == nil else { return false }
        state = .ended(.committed)
        return true
    }

    /// COMMIT, ROLLBACK or the loss of the connection has ended it.
    mutating func transactionEnded(_ outcome: TransactionOutcome) { state = .ended(outcome) }

    private func verdict(commits: Bool) -> Verdict {
        guard commits else { return .rolledBack }
        switch doom ?? mark {
        case nil: return .committed
        case .asked: return .rolledBack
        case .imposed(let name): return .unexpectedlyRolledBack(by: name)
        }
    }
}
