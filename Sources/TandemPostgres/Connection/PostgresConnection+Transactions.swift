import CPQ
import TandemThreads
import TandemTransactions

extension PostgresConnection {
    // MARK: Transactions

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {
        try checkNoCursor()
        try checkTime(deadline)
        guard pendingBegin == nil, link.transactionStatus == PQTRANS_IDLE else {
            if link.isClosed { throw located(PostgresFailure.connectionLost("the connection has been closed")) }
            throw located(
                DatabaseError(.illegalTransactionState, "a transaction is under way already", sqlState: "25001"))
        }
        isInTransaction = true
        isReadOnly = characteristics.isReadOnly
        mayHaveWritten = false
        pendingBegin = Self.begin(characteristics)
    }

    /// One way to the connection's thread and back: BEGIN waits for the statement there.
    func begin(
        _ characteristics: TransactionCharacteristics, executing statement: Statement,
        deadline: ContinuousClock.Instant?
    ) async throws -> Result<StatementResult, any Error> {
        try await begin(characteristics, deadline: deadline)
        do { return .success(try await execute(statement, deadline: deadline)) } catch { return .failure(error) }
    }

    private static func begin(_ characteristics: TransactionCharacteristics) -> String {
        let isolation =
            switch characteristics.isolation {
            case .serverDefault: ""
            case .readCommitted: " ISOLATION LEVEL READ COMMITTED"
            case .repeatableRead: " ISOLATION LEVEL REPEATABLE READ"
            case .serializable: " ISOLATION LEVEL SERIALIZABLE"
            }
        return "BEGIN" + isolation + (characteristics.isReadOnly ? " READ ONLY" : "")
    }

    func commit() async throws -> CommitPosition? {
        defer { transactionEnded() }
        try closeCursorIfOpen()
        if pendingBegin != nil { return nil }
        do {
            // Nothing of a COMMIT is in doubt that was not sent.
            try link.takeNews()
        } catch {
            shut()
            throw located(error)
        }
        if link.transactionStatus == PQTRANS_INERROR {
            try rollBackNow()
            throw located(rolledBack)
        }
        if serverEndedTransaction { throw located(endedByServer) }
        guard link.transactionStatus == PQTRANS_INTRANS else {
            throw located(
                DatabaseError(.illegalTransactionState, "there is no transaction to commit", sqlState: "25P01"))
        }
        return try commitNow()
    }

    private func commitNow() throws -> CommitPosition? {
        let asks = options.reportsPositions && !isReadOnly && mayHaveWritten
        // A Tandem node has nothing that would have to be asked before: it flushes always, and no query writes there.
        var calls = asks && kind == .postgresql ? [ServerQuestions.beforeCommit] : []
        let place = calls.count
        calls.append("COMMIT")
        if asks { calls.append(kind == .tandem ? ServerQuestions.tandemStatus : ServerQuestions.behindCommit) }
        let run: LinkRun
        do {
            run = try self.run(
                calls.map { .query($0, .none, binary: false) },
                StatementWatch(deadline: .now + options.commitTimeout, isCancellable: false), atInterruption: .abandon)
        } catch {
            throw unknownOutcome(error)
        }
        guard case .result(let result) = run.outcomes[place] else {
            let failure = commitFailure(run)
            // What failed may have been the question before it: then there is still a transaction.
            if link.transactionStatus != PQTRANS_IDLE { try rollBackNow() }
            throw failure
        }
        guard result.tag == "COMMIT" else { throw located(rolledBack) }
        try checkStandby()
        return asks ? position(run.outcomes) : nil
    }

    /// The position of a commit, from the answers to the questions around it; nil where nothing was written.
    private func position(_ outcomes: [LinkOutcome]) -> CommitPosition? {
        // It was committed, and nobody knows where.
        let unknown = CommitPosition.unknown(kind.engine)
        guard case .result(let behind)? = outcomes.last else { return unknown }
        if kind == .tandem {
            return (try? ResultReader(behind).rows().first).flatMap(ServerQuestions.tandemPosition) ?? unknown
        }
        guard case .result(let before)? = outcomes.first else { return unknown }
        if before.text(0, 0) == "f" { return nil }
        let waitedForFlush = before.text(0, 1) == "f"
        return behind.text(0, waitedForFlush ? 0 : 1).map { CommitPosition(.postgresql, $0) } ?? unknown
    }

    private func commitFailure(_ run: LinkRun) -> any Error {
        guard let result = run.outcomes.firstFailure else {
            return located(PostgresFailure.connectionLost("the server did not answer COMMIT"))
        }
        return failure(result, nil)
    }

    /// The answer to COMMIT was lost.
    private func unknownOutcome(_ cause: any Error) -> DatabaseError {
        var error = DatabaseError(
            .outcomeUnknown,
            "the connection was lost after COMMIT was sent: whether the transaction was committed is not known; "
                + "look for what it wrote before running it again",
            sqlState: "08007", cause: cause)
        error.server = server
        return error
    }

    /// COMMIT of a failed transaction is answered as if it had succeeded, but for its tag.
    private var rolledBack: DatabaseError {
        DatabaseError(
            .transactionAborted,
            "the transaction was rolled back instead of committed, because a statement in it had failed",
            sqlState: "25P02")
    }

    func rollback() async throws {
        defer { transactionEnded() }
        try closeCursorIfOpen()
        if pendingBegin != nil { return }
        if link.transactionStatus == PQTRANS_IDLE { return }
        try rollBackNow()
    }

    func rollBackNow() throws {
        do {
            try runInternally("ROLLBACK")
        } catch {
            shut()
            throw error
        }
    }

    func transactionEnded() {
        isInTransaction = false
        pendingBegin = nil
        isReadOnly = false
        mayHaveWritten = false
    }

    // MARK: Transactions that end without their call

    /// Whether the server has no transaction although one was begun: a statement has ended it, or BEGIN has failed.
    private var serverEndedTransaction: Bool {
        isInTransaction && pendingBegin == nil && link.transactionStatus == PQTRANS_IDLE
    }

    /// Throws where statements would be final one by one that are meant to be one transaction.
    func refuseAfterTransactionEnded() throws {
        if serverEndedTransaction { throw located(endedByServer) }
    }

    /// Throws where the statement that has just been run has ended the transaction.
    func checkTransaction() throws {
        guard serverEndedTransaction else { return }
        throw located(
            DatabaseError(
                .illegalTransactionState,
                "the statement has ended the transaction: COMMIT and ROLLBACK are the transaction's own, not for statements",
                sqlState: "25000"))
    }

    /// Throws where what has just been run was committed without the standby that it was to wait for. A deadline, a task that
    /// is cancelled, or an administrator ends that wait.
    func checkStandby() throws {
        if link.hasCommittedAlone { throw located(PostgresFailure.committedAlone) }
    }

    private var endedByServer: DatabaseError {
        DatabaseError(
            .transactionAborted,
            "the server has no transaction any more: end it, and look for what it wrote before running all of it again",
            sqlState: "25P02")
    }

    // MARK: Savepoints

    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {
        _ = try await execute("SAVEPOINT \(identifier: name)", deadline: deadline)
    }

    func releaseSavepoint(_ name: String) async throws {
        try checkNoCursor()
        try runInternally(Statement("RELEASE SAVEPOINT \(identifier: name)").sql(in: .numbered))
    }

    func rollback(toSavepoint name: String) async throws {
        try closeCursorIfOpen()
        try runInternally(Statement("ROLLBACK TO SAVEPOINT \(identifier: name)").sql(in: .numbered))
    }
}
