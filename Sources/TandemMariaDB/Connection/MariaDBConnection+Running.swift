import TandemThreads
import TandemTransactions

// How calls are run: watched, and with what they tell of the transaction and the connection taken note of.
extension MariaDBConnection {
    /// Runs `body` on the connection's thread; what it waits for ends with the task and at the deadline.
    @discardableResult
    func cancellable<Result>(
        deadline: ContinuousClock.Instant?, _ body: (inout StatementWatch) throws -> Result
    ) async throws -> Result {
        try refuseWhereUnusable()
        try Task.checkCancellation()
        if let deadline, deadline <= .now { throw MariaDBFailure.timeout("the deadline has passed") }
        return try await withTaskCancellationHandler {
            var watch = self.watch(until: deadline, isCancellable: true)
            return try self.supervised(&watch, body)
        } onCancel: {
            executor.wake()
        }
    }

    func watch(until deadline: ContinuousClock.Instant?, isCancellable: Bool) -> StatementWatch {
        StatementWatch(deadline: deadline, isCancellable: isCancellable, grace: options.cancelTimeout)
    }

    /// Runs `body` although the task is cancelled, until `deadline` at most, at which the connection is given up.
    @discardableResult
    func shielded<Result>(
        until deadline: ContinuousClock.Instant, _ body: (inout StatementWatch) throws -> Result
    ) throws -> Result {
        try refuseWhereUnusable()
        var watch = StatementWatch(deadline: deadline, isCancellable: false)
        return try supervised(&watch, body)
    }

    private func refuseWhereUnusable() throws {
        guard isOpen else {
            var error = MariaDBFailure.connectionLost("the connection is closed")
            error.sqlState = DatabaseError.notSent
            throw error
        }
        guard cursor == nil else {
            throw DatabaseError(
                .illegalTransactionState, "a cursor is open on the connection: close it before the next statement")
        }
    }

    /// After a KILL nothing of it is left for the next statement; a connection that broke is closed.
    @discardableResult
    func supervised<Result>(
        _ watch: inout StatementWatch, _ body: (inout StatementWatch) throws -> Result
    ) throws -> Result {
        defer { if session.isBroken { shut() } }
        session.lastReport = nil
        do {
            let result = try body(&watch)
            if watch.reason != nil { session.absorbLateKill() }
            return result
        } catch {
            noteFailure()
            guard let reason = watch.reason, !session.isBroken else { throw error }
            session.absorbLateKill()
            guard let failure = error as? DatabaseError, failure.sqlState == "57014" else { throw error }
            switch reason {
            case .taskCancelled: throw CancellationError()
            case .deadlinePassed: throw MariaDBFailure.timeout("the deadline passed; the statement was cancelled")
            }
        }
    }

    /// What the server's refusal of a statement means for the transaction, and for the connection.
    private func noteFailure() {
        guard let report = session.lastReport else { return }
        if case .open(let characteristics) = transaction {
            if report.endsTransaction(lockTimeoutDoes: lockTimeoutEndsTransaction) {
                transaction = .aborted
            } else {
                statementFailed(in: characteristics)
            }
        }
        // A primary that refuses what no transaction of ours forbids has become a replica.
        if role == .primary, report.isOfReadOnlyServer { health.roleChanged() }
    }

    func statementFailed(in characteristics: TransactionCharacteristics) {
        if options.failedStatementAbortsTransaction { transaction = .failed(characteristics) }
    }
}
