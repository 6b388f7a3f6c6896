extension ConnectionHolder {
    /// Runs a statement of a scope at `level` when its turn has come: takes a connection, begins and sets savepoints
    /// first where that is still to be done.
    nonisolated(nonsending) func run(_ statement: Statement, in scope: Scope?) async throws -> StatementResult {
        let level = scope?.level ?? TransactionStateMachine.outermost
        try Task.checkCancellation()
        if !enterIfFree() { try await enter() }
        var isRun = false
        do {
            try statement.checkParameters()
            try refuseTransactionControl(statement)
            try refuseSecondWriter(statement)
            let connection: any DataSourceConnection
            switch try readiness(at: level) {
            case .connected(let ready): connection = ready
            case .begins:
                let result = try await begin(with: statement)
                free(hasWritten: hasWriter(after: statement))
                return result
            case .mustPrepare: connection = try await prepare(at: level)
            }
            if statement.mayChangeSession { state.withLock { $0.needsReset = true } }
            isRun = true
            let (result, commit) = try await execute(statement, on: connection)
            if commit != .nothing { await note(commit, on: lease, in: DatabaseSession.current) }
            if scope != nil, !isTransactional { leaveIfUnusable() }
            free(hasWritten: hasWriter(after: statement))
            return result
        } catch {
            let explained = explain(error, statement: statement, in: scope, isRun: isRun)
            failed(explained, in: scope)
            free(hasWritten: isRun && mayHaveWriter(statement, at: level, after: explained))
            throw explained
        }
    }

    /// Whether a statement that failed has left its transaction the one writer that a server may have: a savepoint takes back
    /// what it wrote, and not that. Without one nothing is left.
    private func mayHaveWriter(_ statement: Statement, at level: Int, after error: any Error) -> Bool {
        guard level > TransactionStateMachine.outermost, hasWriter(after: statement),
            let error = error as? DatabaseError
        else { return false }
        switch error.code {
        case .notNullViolation, .foreignKeyViolation, .uniqueViolation, .checkViolation, .constraintViolation,
            .invalidValue, .cardinalityViolation, .other:
            return true
        // It was refused before, or nothing follows it.
        default: return false
        }
    }

    /// Runs a statement, where it is final at once so that its session learns of what it writes.
    private nonisolated(nonsending) func execute(
        _ statement: Statement, on connection: any DataSourceConnection
    ) async throws -> (StatementResult, StatementCommit) {
        if protectsStatements { return (try await executeProtected(statement, on: connection), .nothing) }
        let deadline = options.deadlineInstant
        if isTransactional || DatabaseSession.current == nil {
            return (try await connection.execute(statement, deadline: deadline), .nothing)
        }
        return try await connection.executeAlone(statement, deadline: deadline)
    }

    /// Runs a statement in a read-only transaction of its own, which one without a transaction needs that must not write.
    private nonisolated(nonsending) func executeProtected(
        _ statement: Statement, on connection: any DataSourceConnection
    ) async throws -> StatementResult {
        let outcome = try await connection.begin(
            TransactionCharacteristics(isReadOnly: true), executing: statement, deadline: options.deadlineInstant)
        do {
            let result = try outcome.get()
            try await commitReading(connection)
            return result
        } catch {
            // One on which this fails is not usable any more, and the pool throws it away.
            try? await connection.rollback()
            throw error
        }
    }

    /// Commits what has only read. Where the answer is lost, so is nothing else: there is nothing to be in doubt.
    @discardableResult
    nonisolated(nonsending) func commitReading(_ connection: any DataSourceConnection) async throws -> CommitPosition? {
        do {
            return try await connection.commit()
        } catch let error as DatabaseError where error.code == .outcomeUnknown {
            var lost = lostError()
            lost.cause = error
            throw lost
        }
    }

    /// What a failure means for the statements after it.
    func failed(_ error: any Error, in scope: Scope?) {
        if let error = error as? DatabaseError, error.code == .readOnlyTransaction, !options.isReadOnly {
            // Either it is not the primary any more, or it is and takes no writes at the moment.
            lease?.ledAstray(reason: "the server refused a write as read-only")
        }
        let (lost, broken): ((any ConnectionLease)?, Int?) = state.withLock { state in
            if state.lease != nil, let error = error as? DatabaseError, isTransactional,
                error.code == .deadlock || error.code == .serializationFailure
            {
                // MariaDB has rolled everything back by now, and what followed would be kept one statement at a time.
                state.machine.transactionLost(in: (scope?.options ?? options).title)
                state.doom = state.doom ?? error
            }
            return leftIfUnusable(&state)
        }
        noteUnknownOutcome(error)
        lost?.release(needsReset: true)
        database.router.connectionBroke(to: broken, error)
    }

    /// A connection may be of no use any more behind an answer, too: its server has another role, or a cancel request hung. A
    /// scope without a transaction loses nothing with it: its next statement takes another.
    private func leaveIfUnusable() {
        let (lost, broken) = state.withLock { leftIfUnusable(&$0) }
        lost?.release(needsReset: true)
        database.router.connectionBroke(to: broken, nil)
    }

    /// - Returns: what is to be released, if that is all, and to which replica it led; nothing where it can go on.
    private func leftIfUnusable(_ state: inout State) -> ((any ConnectionLease)?, Int?) {
        guard let lease = state.lease, !lease.connection.isUsable else { return (nil, nil) }
        state.machine.connectionBroke()
        if isTransactional { return (nil, state.replica) }
        state.lease = nil
        return (lease, state.replica)
    }

    func refuseSecondWriter(_ statement: Statement) throws {
        guard !isTransactional, !options.isReadOnly, !statement.isSurelyReading, let blocking = blockingWriter else {
            return
        }
        throw DatabaseError.secondWriter(options, blocking: blocking.options)
    }

    /// What ends the transaction without the layer would be told as rolled back, and what follows be final at once.
    func refuseTransactionControl(_ statement: Statement) throws {
        guard isTransactional || protectsStatements, statement.controlsTransaction else { return }
        throw DatabaseError(
            .illegalTransactionState,
            "transactions are not begun and ended by statements: return from the body to commit, throw an error or call "
                + "setRollbackOnly() to roll back, and call transaction(…) to begin another one", sqlState: "25000")
    }

    func checkDeadline() throws {
        guard let deadline = options.deadline, deadline <= .now else { return }
        throw DatabaseError(.timeout, "the transaction's deadline has passed", sqlState: "57014")
    }
}
