import CPQ
import TandemThreads
import TandemTransactions

extension PostgresConnection {
    nonisolated func commit() async throws -> CommitPosition? {
        try await exchange(
            startingHereIf: { $0.cursor == nil && $0.link.transactionStatus != PQTRANS_INERROR },
            send: { try $0.sendCommit() }, answer: { try $0.committed($1) })
    }

    /// A COMMIT that was sent.
    private struct SentCommit: Sendable {
        /// Whether the server is asked for the commit's position.
        var asks = false
        /// Which of the steps it is.
        var place = 0
    }

    private func sendCommit() throws -> SentSteps<SentCommit> {
        do {
            try closeCursorIfOpen()
            let watch = StatementWatch(deadline: .now + options.commitTimeout, isCancellable: false)
            if pendingBegin != nil { return SentSteps(detail: SentCommit(), count: 0, watch: watch, pace: nil) }
            try checkCanCommit()
            let asks = options.reportsPositions && !isReadOnly && mayHaveWritten
            // A Tandem node has nothing that would have to be asked before: it flushes always, and no query writes there.
            var calls = asks && kind == .postgresql ? [ServerQuestions.beforeCommit] : []
            let sent = SentCommit(asks: asks, place: calls.count)
            calls.append("COMMIT")
            if asks { calls.append(kind == .tandem ? ServerQuestions.tandemStatus : ServerQuestions.behindCommit) }
            do {
                try send(calls.map { .query($0, .none, binary: false) })
            } catch {
                throw unknownOutcome(error)
            }
            // One that keeps something waits for the disk.
            return SentSteps(detail: sent, count: calls.count, watch: watch, pace: asks ? nil : endPace)
        } catch {
            transactionEnded()
            throw error
        }
    }

    private func checkCanCommit() throws {
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
    }

    private func committed(_ sent: SentSteps<SentCommit>) throws -> CommitPosition? {
        defer { transactionEnded() }
        guard sent.count > 0 else { return nil }
        let run: LinkRun
        do {
            run = try answers(to: sent.count, sent.watch, atInterruption: .abandon)
        } catch {
            throw unknownOutcome(error)
        }
        guard case .result(let result) = run.outcomes[sent.detail.place] else {
            let failure = commitFailure(run)
            // What failed may have been the question before it: then there is still a transaction.
            if link.transactionStatus != PQTRANS_IDLE { try rollBackNow() }
            throw failure
        }
        guard result.tag == "COMMIT" else { throw located(rolledBack) }
        try checkStandby()
        return sent.detail.asks ? position(run.outcomes) : nil
    }

    /// The position of a commit, from the answers to the questions around it; nil where nothing was written.
    private func position(_ outcomes: [LinkOutcome]) -> CommitPosition? {
        // It was committed, and nobody knows where.
        let unknown = CommitPosition.unknown(kind.engine)
        guard case .result(let behind)? = outcomes.last else { return unknown }
        if kind == .tandem {
            return (try? ResultReader(behind).rows().first).flatMap(ServerQuestions.tandemCommit) ?? unknown
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
}
