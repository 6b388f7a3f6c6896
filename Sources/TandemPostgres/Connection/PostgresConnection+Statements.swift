import CPQ
import TandemThreads
import TandemTransactions

extension PostgresConnection {
    nonisolated func execute(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> StatementResult {
        try await execute(statement, deadline: deadline, asksWhetherItWrote: false).result
    }

    nonisolated func executeAlone(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> (StatementResult, StatementCommit) {
        guard statement.isSurelyReading else { return (try await execute(statement, deadline: deadline), .untold) }
        let asks = kind == .postgresql && statement.mayCallFunctions
        let (result, hasWritten) = try await execute(statement, deadline: deadline, asksWhetherItWrote: asks)
        return (result, hasWritten ? .untold : .nothing)
    }

    private nonisolated func execute(
        _ statement: Statement, deadline: ContinuousClock.Instant?, asksWhetherItWrote: Bool
    ) async throws -> (result: StatementResult, hasWritten: Bool) {
        try await exchange(
            send: { connection in
                try connection.checkNoCursor()
                try connection.checkTime(deadline)
                try connection.refuseAfterTransactionEnded()
                let call = try StatementCall(statement, connection.kind.encoding)
                try connection.checkConnection(before: statement)
                return try connection.send(
                    call, connection.watch(until: deadline), asksWhetherItWrote: asksWhetherItWrote)
            },
            answer: { try $0.result(of: $1) })
    }

    /// Runs a statement on the connection's thread.
    func execute(_ call: StatementCall, _ watch: StatementWatch) throws -> StatementResult {
        try result(of: try send(call, watch, asksWhetherItWrote: false)).result
    }

    /// A statement that was sent, and what it was sent with.
    private struct SentStatement: Sendable {
        let call: StatementCall
        let plan: StatementCache.Plan
        /// The BEGIN that went out with it.
        let begin: String?
        /// The first of its steps.
        let place: Int
        /// Whether the server was asked for that behind the statement. The two are one transaction, which is committed when
        /// both have succeeded: so PostgreSQL takes what comes in one pipeline.
        let asksWhetherItWrote: Bool
    }

    private func send(
        _ call: StatementCall, _ watch: StatementWatch, asksWhetherItWrote: Bool
    ) throws -> SentSteps<SentStatement> {
        let plan = plan(call)
        var steps = beginSteps()
        let sent = SentStatement(
            call: call, plan: plan, begin: pendingBegin, place: steps.count, asksWhetherItWrote: asksWhetherItWrote)
        steps += self.steps(for: call, plan)
        if asksWhetherItWrote { steps.append(.query(ServerQuestions.hasWritten, .none, binary: false)) }
        try send(steps)
        return SentSteps(detail: sent, count: steps.count, watch: watch, pace: cache.pace(of: call.key))
    }

    /// - Returns: the statement's result, and whether it has written, where that was asked.
    private func result(
        of sent: SentSteps<SentStatement>, mayRepeat: Bool = true
    ) throws -> (result: StatementResult, hasWritten: Bool) {
        let (call, plan, asksWhetherItWrote) = (sent.detail.call, sent.detail.plan, sent.detail.asksWhetherItWrote)
        var run = try answers(to: sent.count, sent.watch)
        try took(sent.detail.begin, run)
        notePreparation(call, plan, run.outcomes[sent.detail.place])
        let answer = asksWhetherItWrote ? run.outcomes.popLast() : nil
        guard let last = run.outcomes.last else { throw PostgresFailure.connectionLost("no answer") }
        switch last {
        case .result(let result):
            if case .failure(let failed)? = answer { throw failure(failed, run.interruption, of: call.statement) }
            note(call, result)
            try checkStandby()
            try checkTransaction()
            return (try decode(call, plan, result), answer.map(Self.isYes) ?? false)
        case .failure(let result):
            if isStale(plan, result) {
                cache.becameInvalid(call.key)
                if mayRepeat, try canRepeat(sent.detail.begin) {
                    let again = try send(call, sent.watch, asksWhetherItWrote: asksWhetherItWrote)
                    return try self.result(of: again, mayRepeat: false)
                }
            }
            throw failure(result, run.interruption, of: call.statement)
        case .skipped:
            let cause = run.outcomes.firstFailure
            guard let cause else { throw PostgresFailure.connectionLost("no answer") }
            throw failure(cause, run.interruption, of: call.statement)
        }
    }

    /// Nothing of a statement that is final at once is in doubt that was not sent.
    func checkConnection(before statement: Statement) throws {
        guard !isInTransaction, !statement.isSurelyReading else { return }
        do { try link.takeNews() } catch {
            shut()
            throw located(PostgresFailure.notSent((error as? DatabaseError)?.message ?? "\(error)"))
        }
    }

    private static func isYes(_ outcome: LinkOutcome) -> Bool {
        guard case .result(let answer) = outcome else { return false }
        return answer.text(0, 0) == "t"
    }

    // MARK: Statements that the server has to be told anew

    /// Whether the server refuses to run a statement that it keeps: its result has another type now, or it is gone.
    private func isStale(_ plan: StatementCache.Plan, _ result: ServerResult) -> Bool {
        guard case .prepared = plan else { return false }
        switch result.field(UInt8(ascii: "C")) {
        // The message is translated on some servers; the name of the function that checks it is not.
        case "0A000": return result.field(UInt8(ascii: "R")) == "RevalidateCachedQuery"
        case "26000": return true
        default: return false
        }
    }

    /// Whether the statement can be run once more: it was refused before it began, and nothing else is lost by that.
    ///
    /// - Parameter begin: the BEGIN that went out with it.
    private func canRepeat(_ begin: String?) throws -> Bool {
        if link.transactionStatus == PQTRANS_IDLE { return true }
        guard let begin else { return false }
        try runInternally("ROLLBACK")
        pendingBegin = begin
        return true
    }

    // MARK: Rows

    private func decode(
        _ call: StatementCall, _ plan: StatementCache.Plan, _ result: ServerResult
    ) throws -> StatementResult {
        guard result.columnCount > 0 else { return StatementResult(affectedRows: result.affectedRows) }
        let isKept = plan != .unprepared && kind == .postgresql
        let reader = ResultReader(result, columns: isKept ? cache.columns(of: call.key) : nil)
        if isKept, case .preparing = plan {
            cache.described(call.key, columns: reader.columns, isBinary: reader.canBeBinary)
        }
        do {
            return StatementResult(rows: try reader.rows(), affectedRows: result.affectedRows)
        } catch {
            throw located(error)
        }
    }
}

extension [LinkOutcome] {
    /// The first failure, which made the steps behind it be skipped.
    var firstFailure: ServerResult? {
        for case .failure(let result) in self { return result }
        return nil
    }
}
