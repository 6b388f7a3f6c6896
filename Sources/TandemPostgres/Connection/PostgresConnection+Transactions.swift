import CPQ
import TandemThreads
import TandemTransactions

extension PostgresConnection {
    // MARK: Transactions

    nonisolated func begin(
        _ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?
    ) async throws {
        try await withoutWaiting { try $0.beginLater(characteristics, deadline) }
    }

    /// BEGIN goes out with the statement.
    nonisolated func begin(
        _ characteristics: TransactionCharacteristics, executing statement: Statement,
        deadline: ContinuousClock.Instant?
    ) async throws -> Result<StatementResult, any Error> {
        try await begin(characteristics, deadline: deadline)
        do { return .success(try await execute(statement, deadline: deadline)) } catch { return .failure(error) }
    }

    private func beginLater(
        _ characteristics: TransactionCharacteristics, _ deadline: ContinuousClock.Instant?
    ) throws {
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

    nonisolated func rollback() async throws {
        try await exchange(
            startingHereIf: { $0.cursor == nil }, send: { try $0.sendRollback() }, answer: { try $0.rolledBack($1) })
    }

    private func sendRollback() throws -> SentSteps<Void> {
        do {
            try closeCursorIfOpen()
            let watch = StatementWatch(deadline: .now + Self.endingTime, isCancellable: false)
            let isNeeded = pendingBegin == nil && link.transactionStatus != PQTRANS_IDLE
            if isNeeded { try send([Self.rollback]) }
            return SentSteps(detail: (), count: isNeeded ? 1 : 0, watch: watch, pace: endPace)
        } catch {
            transactionEnded()
            throw error
        }
    }

    private func rolledBack(_ sent: SentSteps<Void>) throws {
        defer { transactionEnded() }
        guard sent.count > 0 else { return }
        guard case .failure(let result) = try answers(to: 1, sent.watch).outcomes[0] else { return }
        shut()
        throw located(PostgresFailure.error(result, hasParameters: false))
    }

    private static let rollback = LinkStep.query("ROLLBACK", .none, binary: false)

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
    var serverEndedTransaction: Bool {
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

    var endedByServer: DatabaseError {
        DatabaseError(
            .transactionAborted,
            "the server has no transaction any more: end it, and look for what it wrote before running all of it again",
            sqlState: "25P02")
    }

    // MARK: Savepoints

    nonisolated func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {
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
