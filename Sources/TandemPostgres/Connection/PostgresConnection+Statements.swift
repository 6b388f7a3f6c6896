import CPQ
import TandemThreads
import TandemTransactions

extension PostgresConnection {
    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        try checkNoCursor()
        try checkTime(deadline)
        try refuseAfterTransactionEnded()
        let call = try StatementCall(statement, kind.encoding)
        return try await cancellable {
            try self.checkConnection(before: statement)
            return try self.execute(call, self.watch(until: deadline)).result
        }
    }

    func executeAlone(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> (StatementResult, StatementCommit) {
        guard statement.isSurelyReading else { return (try await execute(statement, deadline: deadline), .untold) }
        guard kind == .postgresql, statement.mayCallFunctions else {
            return (try await execute(statement, deadline: deadline), .nothing)
        }
        try checkNoCursor()
        try checkTime(deadline)
        try refuseAfterTransactionEnded()
        let call = try StatementCall(statement, kind.encoding)
        let (result, hasWritten) = try await cancellable {
            try self.execute(call, self.watch(until: deadline), asksWhetherItWrote: true)
        }
        return (result, hasWritten ? .untold : .nothing)
    }

    /// - Parameter asksWhetherItWrote: asks the server for that behind the statement. The two are one transaction, which is
    ///   committed when both have succeeded: so PostgreSQL takes what comes in one pipeline.
    /// - Returns: its result, and whether it has written, where that was asked.
    func execute(
        _ call: StatementCall, _ watch: StatementWatch, asksWhetherItWrote: Bool = false, mayRepeat: Bool = true
    ) throws -> (result: StatementResult, hasWritten: Bool) {
        let begin = pendingBegin
        let plan = plan(call)
        var steps = beginSteps()
        let place = steps.count
        steps += self.steps(for: call, plan)
        if asksWhetherItWrote { steps.append(.query(ServerQuestions.hasWritten, .none, binary: false)) }
        var run = try run(steps, watch)
        try took(begin, run)
        notePreparation(call, plan, run.outcomes[place])
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
                if mayRepeat, try canRepeat(begin) {
                    return try execute(call, watch, asksWhetherItWrote: asksWhetherItWrote, mayRepeat: false)
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

    // MARK: Steps

    /// The BEGIN that waits, to be sent before what follows.
    func beginSteps() -> [LinkStep] { pendingBegin.map { [.query($0, .none, binary: false)] } ?? [] }

    /// Once the server has begun the transaction nothing waits any more.
    func took(_ begin: String?, _ run: LinkRun) throws {
        guard begin != nil else { return }
        pendingBegin = nil
        if case .failure(let result)? = run.outcomes.first { throw failure(result, run.interruption) }
    }

    /// How a statement is to be run; one that leaves traces is not kept.
    func plan(_ call: StatementCall) -> StatementCache.Plan {
        if traces.statementsMayBeGone { return .unprepared }
        let plan = cache.used(call.key)
        if case .prepared = plan { return plan }
        guard SessionTraces.tells(call.key.sql) else { return plan }
        traces.ranTelling()
        return .unprepared
    }

    func steps(for call: StatementCall, _ plan: StatementCache.Plan) -> [LinkStep] {
        switch plan {
        case .unprepared: [.query(call.key.sql, call.parameters, binary: false)]
        case .preparing(let name):
            [
                .prepare(name: name, call.key.sql, types: call.parameters.types),
                .execute(name: name, call.parameters, binary: false),
            ]
        case .prepared(let name, let binary): [.execute(name: name, call.parameters, binary: binary)]
        }
    }

    func notePreparation(_ call: StatementCall, _ plan: StatementCache.Plan, _ outcome: LinkOutcome) {
        if case .preparing(let name) = plan, case .result = outcome { cache.prepared(call.key, as: name) }
    }

    /// What a statement that succeeded tells of the session and the transaction.
    func note(_ call: StatementCall, _ result: ServerResult) {
        let tag = result.tag
        let word = tag.prefix { $0 != " " }
        traces.ran(call.key.sql, tag: word)
        switch word {
        case "SELECT": if kind == .postgresql { mayHaveWritten = true }
        case "SHOW", "SET", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "FETCH", "": break
        default: mayHaveWritten = true
        }
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
