import CPQ
import TandemThreads
import TandemTransactions

extension ServerLink {
    /// What is done with steps that are cancelled, or late.
    enum Interruption {
        /// The server is told to end them.
        case cancelStatement
        /// The connection is given up, and the server goes on alone.
        case abandon
    }

    /// Sends the steps together, and waits for all of their answers.
    func run(_ steps: [LinkStep], _ watch: StatementWatch) throws -> LinkRun {
        try send(steps)
        return try answers(to: steps.count, watch)
    }

    /// Sends steps together, as far as the socket takes them at once: a pipeline, where what follows a step that fails is
    /// skipped. ``answers(to:_:atInterruption:)`` must follow.
    func send(_ steps: [LinkStep]) throws {
        try checkOpen()
        notices.hasCommittedAlone = false
        guard steps.count != 1 else { return try send(steps[0]) }
        guard PQenterPipelineMode(pointer) == 1 else { throw lost() }
        for step in steps { try send(step) }
        guard PQpipelineSync(pointer) == 1 else { throw lost() }
    }

    /// Waits for all answers to so many steps that were sent together. Where the server does not take a cancel request in time
    /// it is closed behind them.
    func answers(
        to count: Int, _ watch: StatementWatch, atInterruption interruption: Interruption = .cancelStatement
    ) throws -> LinkRun {
        guard !isClosed else {
            throw PostgresFailure.connectionLost("the connection was closed before the server had answered")
        }
        self.interruption = interruption
        defer { self.interruption = .cancelStatement }
        var watch = watch
        try flush(&watch)
        let outcomes = try count == 1 ? [collect(&watch)] : collectTogether(count, &watch)
        // Whatever becomes of the connection, what was answered is known.
        _ = waitForCancelRequest()
        return LinkRun(outcomes: outcomes, interruption: watch.reason)
    }

    private func collectTogether(_ count: Int, _ watch: inout StatementWatch) throws -> [LinkOutcome] {
        var outcomes: [LinkOutcome] = []
        for _ in 0..<count { outcomes.append(try collect(&watch)) }
        let end = try nextResult(&watch)
        guard let end, end.status == PGRES_PIPELINE_SYNC, PQexitPipelineMode(pointer) == 1 else {
            throw outOfStep()
        }
        return outcomes
    }

    /// Begins a statement whose rows are taken one after the other by ``nextResult(_:)``.
    func begin(_ step: LinkStep, _ watch: inout StatementWatch) throws {
        try checkOpen()
        notices.hasCommittedAlone = false
        try send(step)
        guard PQsetSingleRowMode(pointer) == 1 else { throw outOfStep() }
        try flush(&watch)
    }
}
