import CPQ
import TandemThreads
import TandemTransactions

// How steps are run: watched, and with what they tell of the connection taken note of.
extension PostgresConnection {
    /// Lets the cancellation of the task wake the thread.
    func cancellable<Result>(_ body: () throws -> Result) async throws -> Result {
        let executor = executor
        // A closure that does not name `self` would leave the connection's thread, and block one of the few that all tasks
        // of the program share.
        return try await withTaskCancellationHandler(
            operation: { try self.perform(body) }, onCancel: { executor.wake() }, isolation: self)
    }

    private func perform<Result>(_ body: () throws -> Result) rethrows -> Result { try body() }

    /// Sends steps together, and waits for their answers.
    func run(
        _ steps: [LinkStep], _ watch: StatementWatch,
        atInterruption interruption: ServerLink.Interruption = .cancelStatement
    ) throws -> LinkRun {
        try send(steps)
        return try answers(to: steps.count, watch, atInterruption: interruption)
    }

    /// Sends steps together; ``answers(to:_:atInterruption:)`` must follow.
    func send(_ steps: [LinkStep]) throws { try guarded { try link.send(steps) } }

    /// Waits for the answers to so many steps.
    func answers(
        to count: Int, _ watch: StatementWatch,
        atInterruption interruption: ServerLink.Interruption = .cancelStatement
    ) throws -> LinkRun {
        let run = try guarded { try link.answers(to: count, watch, atInterruption: interruption) }
        // A cancel request was not taken in time.
        if link.isClosed { shut() }
        noteRole()
        return run
    }

    /// Where the link fails, the connection is of no use any more.
    func guarded<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            shut()
            throw located(error)
        }
    }

    /// A watch over what is cancelled with its task, and at its deadline.
    func watch(until deadline: ContinuousClock.Instant?) -> StatementWatch {
        StatementWatch(deadline: deadline, isCancellable: true, grace: options.cancelTimeout)
    }

    /// A server says without being asked when it is promoted, and a Tandem node also when it has become a replica.
    func noteRole() {
        guard let standby = link.serverParameter("in_hot_standby") else { return }
        if (standby == "on") != (role == .replica) { health.roleChanged() }
    }

    nonisolated func located(_ error: any Error) -> any Error {
        guard var error = error as? DatabaseError else { return error }
        error.server = server
        return error
    }

    /// Runs a statement of the connection's own, which is neither cancelled nor late.
    @discardableResult
    func runInternally(_ sql: String) throws -> ServerResult {
        let watch = StatementWatch(deadline: .now + Self.endingTime, isCancellable: false)
        let run = try run([.query(sql, .none, binary: false)], watch)
        switch run.outcomes[0] {
        case .result(let result): return result
        case .failure(let result): throw located(PostgresFailure.error(result, hasParameters: false))
        case .skipped: throw located(PostgresFailure.connectionLost("the server did not answer \(sql)"))
        }
    }

    /// The error that a failed step is told as.
    func failure(
        _ result: ServerResult, _ interruption: StatementWatch.Reason?, of statement: Statement? = nil
    ) -> any Error {
        var error = PostgresFailure.error(result, hasParameters: statement.map { !$0.parameters.isEmpty } ?? false)
        if error.sqlState == "57014" {
            switch interruption {
            case .taskCancelled: return CancellationError()
            case .deadlinePassed: error.message = "the deadline passed while the statement was running"
            case nil: break
            }
        }
        // A primary that refuses what no transaction of ours forbids has become a replica.
        if error.code == .readOnlyTransaction, role == .primary, !isReadOnly {
            health.roleChanged()
        }
        error.server = server
        error.statement = statement?.redacted
        return error
    }

    /// Throws where nothing needs to be asked of the server to know that it is in vain.
    func checkTime(_ deadline: ContinuousClock.Instant?) throws {
        try Task.checkCancellation()
        if let deadline, deadline <= .now {
            throw located(PostgresFailure.timeout("the deadline had passed before the statement was sent"))
        }
    }

    func checkNoCursor() throws {
        guard cursor == nil else {
            throw located(
                DatabaseError(
                    .illegalTransactionState, "a cursor is open on the connection; close it before the next statement",
                    sqlState: "55006"))
        }
    }
}
