import TandemThreads
import TandemTransactions

// What a session is set up with, when it is new and when it is made as new.
extension PostgresConnection {
    func setUp(_ statements: [Statement], deadline: ContinuousClock.Instant) async throws {
        try checkTime(deadline)
        initialCalls = try statements.map { try StatementCall($0, kind.encoding) }
        try await cancellable { try self.runInitialCalls(self.watch(until: deadline)) }
    }

    /// What they leave is no trace of a user's.
    func runInitialCalls(_ watch: StatementWatch) throws {
        for call in initialCalls { _ = try execute(call, watch) }
        try ServerGreeting.setDateStyle(link, .now + Self.endingTime)
        traces.wereRemoved()
    }
}
