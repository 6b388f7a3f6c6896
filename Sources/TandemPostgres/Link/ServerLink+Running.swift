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

    /// Sends the steps together, and waits for all of their answers. Where the server does not take a cancel request in time
    /// it is closed behind them.
    func run(
        _ steps: [LinkStep], _ watch: StatementWatch, atInterruption interruption: Interruption = .cancelStatement
    ) throws -> LinkRun {
        try checkOpen()
        notices.hasCommittedAlone = false
        self.interruption = interruption
        defer { self.interruption = .cancelStatement }
        var watch = watch
        let outcomes = try steps.count == 1 ? [runAlone(steps[0], &watch)] : runTogether(steps, &watch)
        // Whatever becomes of the connection, what was answered is known.
        _ = waitForCancelRequest()
        return LinkRun(outcomes: outcomes, interruption: watch.reason)
    }

    private func runAlone(_ step: LinkStep, _ watch: inout StatementWatch) throws -> LinkOutcome {
        try send(step)
        try flush(&watch)
        return try collect(&watch)
    }

    /// A pipeline: what follows a step that fails is skipped.
    private func runTogether(_ steps: [LinkStep], _ watch: inout StatementWatch) throws -> [LinkOutcome] {
        guard PQenterPipelineMode(pointer) == 1 else { throw lost() }
        for step in steps { try send(step) }
        guard PQpipelineSync(pointer) == 1 else { throw lost() }
        try flush(&watch)
        var outcomes: [LinkOutcome] = []
        for _ in steps { outcomes.append(try collect(&watch)) }
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
