import CPQ
import TandemThreads
import TandemTransactions

/// What has been sent to a server, and how long its answers are waited for.
struct SentSteps<Detail: Sendable>: Sendable {
    /// What the answers are read with.
    let detail: Detail
    /// How many steps; 0 where there was nothing to send.
    let count: Int
    let watch: StatementWatch
    /// How soon answers come; nil where nothing is known.
    let pace: AnswerPace?
}

// Statements there and back with as few changes of threads as there can be.
extension PostgresConnection {
    private enum Progress<Detail: Sendable, Result: Sendable>: Sendable {
        case notBegun
        case sent(SentSteps<Detail>)
        case answered(Result)
    }

    /// Sends something, and reads the answer.
    ///
    /// The calling thread sends it, and waits for the answer where that is likely to come at once. The connection's thread waits
    /// for what takes longer, and does what has to be done where something failed.
    ///
    /// - Parameters:
    ///   - startsHere: whether `send` waits for nothing.
    ///   - answer: reads the answers (``answers(to:_:atInterruption:)``), and waits for nothing but them where none of
    ///     them is a failure.
    nonisolated func exchange<Detail: Sendable, Result: Sendable>(
        startingHereIf startsHere: @Sendable (isolated PostgresConnection) -> Bool = { _ in true },
        send: @Sendable (isolated PostgresConnection) throws -> SentSteps<Detail>,
        answer: @Sendable (isolated PostgresConnection, SentSteps<Detail>) throws -> Result
    ) async throws -> Result {
        BriefWait.callBegan()
        defer { BriefWait.callEnded() }
        let progress = try runHere { connection -> Progress<Detail, Result> in
            guard startsHere(connection) else { return .notBegun }
            let sent = try send(connection)
            guard connection.isAnswered(sent) else { return .sent(sent) }
            return .answered(try answer(connection, sent))
        }
        switch progress {
        case .answered(let result): return result
        case .sent(let sent): return try await onThread { try answer($0, sent) }
        case .notBegun, nil: return try await onThread { try answer($0, try send($0)) }
        }
    }

    /// Does something that waits for nothing.
    nonisolated func withoutWaiting<Result: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        if let result = try runHere(body) { return result }
        return try await onThread(body)
    }

    /// nil where the connection's thread has something to do.
    private nonisolated func runHere<Result: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) rethrows -> Result? {
        try executor.runHere { try assumeIsolated { try body($0) } }
    }

    private func isAnswered<Detail>(_ sent: SentSteps<Detail>) -> Bool {
        guard sent.count > 0 else { return true }
        guard let pace = sent.pace, let wait = BriefWait.begin(), pace.expectsBrief() else { return false }
        let isAnswered = link.isAnswered(within: wait)
        pace.waited(inTime: isAnswered)
        return isAnswered
    }

    private func onThread<Result>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) async throws -> Result {
        try await cancellable { try body(self) }
    }
}
