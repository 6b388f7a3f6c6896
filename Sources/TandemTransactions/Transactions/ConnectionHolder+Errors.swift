extension ConnectionHolder {
    /// The error as the program sees it: with the transaction, the statement and the server, and for a write in a
    /// read-only transaction with who joined whom.
    ///
    /// - Parameter isRun: whether the statement was given to the connection; what was refused before has done nothing.
    func explain(
        _ error: any Error, statement: Statement?, in scope: Scope?, isRun: Bool = true
    ) -> any Error {
        guard var error = error as? DatabaseError else { return error }
        if let statement, isRun, isInDoubt(statement, after: error) { error = outcomeUnknown(error) }
        if scope != nil || isTransactional { error.transaction = error.transaction ?? options.title }
        if let statement { error.statement = error.statement ?? statement.redacted }
        error.server = error.server ?? lease?.connection.server
        if error.code == .readOnlyTransaction, options.isReadOnly {
            error.message = readOnlyMessage(of: statement, in: scope)
        }
        return error
    }

    /// Whether a statement that is final at once may have been done: its connection broke before the answer was here.
    private func isInDoubt(_ statement: Statement, after error: DatabaseError) -> Bool {
        guard !isTransactional, !protectsStatements, !statement.isSurelyReading, let lease, !lease.connection.isUsable
        else { return false }
        switch error.code {
        case .connectionLost: return error.sqlState != DatabaseError.notSent
        case .timeout: return error.sqlState != DatabaseError.statementEnded
        case .serverUnavailable: return true
        default: return false
        }
    }

    private func outcomeUnknown(_ cause: DatabaseError) -> DatabaseError {
        var error = DatabaseError(
            .outcomeUnknown,
            "the connection broke while a statement ran that is in no transaction (\(cause.message)): whether it was done "
                + "is not known; look for what it wrote before running it again", sqlState: "08007", cause: cause)
        error.server = cause.server
        return error
    }

    private func readOnlyMessage(of statement: Statement?, in scope: Scope?) -> String {
        let kind = isTransactional ? "transaction" : "scope without a transaction"
        let what = statement.map { "the statement \($0.redacted)" } ?? "a statement"
        var text = "\(what) tried to write in the read-only \(kind) \(options.titleWithPlace)"
        if let joined = joinedReadWrite(from: scope) {
            text += "; the read-write call \(joined.titleWithPlace) has joined it, and the outermost decides"
            text += ": make the outer one read-write, or the inner one requiresNew"
        } else {
            text += ": make it read-write"
        }
        return text
    }

    /// The innermost scope that asked to write and joined this read-only transaction.
    private func joinedReadWrite(from scope: Scope?) -> ScopeOptions? {
        for scope in Scope.chain(from: scope) where scope.holder === self {
            if scope.relation != .new, !scope.options.isReadOnly { return scope.options }
        }
        return nil
    }

    func error(for refusal: TransactionStateMachine.Refusal) -> DatabaseError {
        switch refusal {
        case .ended: endedError()
        case .nestedScopeOpen:
            named(
                .illegalTransactionState,
                "transaction \(options.title) was used while a nested transaction inside it is open in another task: "
                    + "a savepoint covers all that follows it, so run them one after the other")
        case .aborted:
            named(
                .transactionAborted,
                "the server has given up transaction \(options.title) after an earlier failure: let its error leave "
                    + "the transaction, which can then be run again", sqlState: "25P02")
        case .connectionLost: lostError()
        }
    }

    func endedError() -> DatabaseError {
        named(
            .transactionEnded,
            "transaction \(options.titleWithPlace) has ended, and a task that outlives it cannot use it: wait for the "
                + "task inside the transaction, or give it a transaction of its own with requiresNew")
    }

    func streamIsOpenError() -> DatabaseError {
        named(
            .illegalTransactionState,
            "a stream is open in transaction \(options.title), and its connection can run no other statement: read the "
                + "stream to its end first, or use query")
    }

    func lostError() -> DatabaseError {
        named(
            .connectionLost,
            "the connection of transaction \(options.title) broke; the server has rolled it back", sqlState: "08006")
    }

    func lateError() -> DatabaseError {
        named(
            .timeout, "the deadline of transaction \(options.title) passed before COMMIT; it has been rolled back",
            sqlState: "57014")
    }

    func unexpectedRollback(by name: String) -> DatabaseError {
        named(
            .unexpectedRollback,
            "transaction \(options.title) has been rolled back although it ended well: \(name) had joined it and failed "
                + "or asked for the rollback", sqlState: "40000")
    }

    func hookFailure(_ error: any Error, after outcome: TransactionOutcome) -> any Error {
        guard outcome == .committed else { return error }
        var failure = named(
            .hookFailedAfterCommit, "transaction \(options.title) has been committed, and a hook after it failed")
        failure.cause = error
        return failure
    }

    private func named(_ code: DatabaseError.Code, _ message: String, sqlState: String? = nil) -> DatabaseError {
        var error = DatabaseError(code, message, sqlState: sqlState)
        error.transaction = options.title
        return error
    }
}

extension DatabaseError {
    static func secondWriter(_ options: ScopeOptions, blocking: ScopeOptions) -> DatabaseError {
        var error = DatabaseError(
            .illegalTransactionState,
            "\(options.titleWithPlace) could never write: \(blocking.titleWithPlace) is suspended around it, has written, "
                + "and the server has one writer; join the outer transaction, or write before or after it")
        error.transaction = blocking.title
        return error
    }

    static func noTransaction(_ options: ScopeOptions, propagation: Propagation) -> DatabaseError {
        DatabaseError(
            .illegalTransactionState,
            "\(options.titleWithPlace) has propagation \(propagation) and there is no transaction: call it inside of one, "
                + "or give it propagation required")
    }

    static func existingTransaction(_ options: ScopeOptions, _ current: ScopeOptions) -> DatabaseError {
        var error = DatabaseError(
            .illegalTransactionState,
            "\(options.titleWithPlace) has propagation never and transaction \(current.titleWithPlace) is current: call "
                + "it outside of the transaction, or give it propagation notSupported")
        error.transaction = current.title
        return error
    }

    static func readOnlyMismatch(_ options: ScopeOptions, _ current: ScopeOptions) -> DatabaseError {
        var error = DatabaseError(
            .illegalTransactionState,
            "the read-write call \(options.titleWithPlace) cannot join the read-only transaction "
                + "\(current.titleWithPlace): make the outer one read-write, or the inner one requiresNew")
        error.transaction = current.title
        return error
    }
}
