import TandemTransactions

extension PostgresConnection {
    nonisolated func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus {
        let question = kind == .tandem ? ServerQuestions.tandemStatus : ServerQuestions.status
        let result = try await execute(Statement(question), deadline: deadline)
        guard let row = result.rows.first else {
            throw located(PostgresFailure.connectionLost("the server gave no status"))
        }
        let status = kind == .tandem ? ServerQuestions.tandemStatus(row) : ServerQuestions.status(row)
        if status.role != role { health.roleChanged() }
        return status
    }

    nonisolated func waitUntilReached(
        _ position: CommitPosition, deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        // What a replica is behind is mostly less than a millisecond; who waits long need not ask often.
        var pause = Duration.microseconds(250)
        while true {
            do {
                if try await reached(position, deadline: deadline + Self.answeringTime) { return true }
            } catch let error as DatabaseError where error.code == .timeout && deadline <= .now {
                // The last question was not answered in time.
                return false
            }
            let end = min(.now + pause, deadline)
            guard end < deadline else { return false }
            try await rest(until: end)
            pause = min(pause * 2, .milliseconds(20))
        }
    }

    /// How long a question for the position may go on when the time to wait is over. Answers are quick; to cancel one takes
    /// a connection of its own, and where that is not had in time this one is lost, and the replica taken for one that is
    /// down.
    private static let answeringTime = Duration.milliseconds(250)

    private nonisolated func reached(_ wanted: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool {
        let current: CommitPosition?
        if kind == .tandem {
            current = try await status(deadline: deadline).position
        } else {
            let rows = try await execute(Statement(ServerQuestions.position), deadline: deadline).rows
            current = rows.first.flatMap { String(sqlValue: $0[0]) }.map { CommitPosition(.postgresql, $0) }
        }
        guard let current else { return false }
        guard let isReached = PositionOrder.isReached(wanted, by: current) else {
            throw located(
                DatabaseError(.invalidValue, "a position of \(wanted.engine) means nothing to \(kind.engine)"))
        }
        return isReached
    }

    private func rest(until end: ContinuousClock.Instant) async throws {
        try await cancellable {
            link.pause(until: end)
            try Task.checkCancellation()
        }
    }
}
