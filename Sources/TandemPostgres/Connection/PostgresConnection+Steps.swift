import TandemTransactions

// Of which steps a statement is made, and what is kept of how it went.
extension PostgresConnection {
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
}
