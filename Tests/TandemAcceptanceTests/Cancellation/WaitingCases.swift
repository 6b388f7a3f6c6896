import NIOConcurrencyHelpers
import TandemTestServers
import TandemTransactions
import Testing

/// A task is cancelled while it waits for something that no server does.
extension AcceptanceTests {
    @Test(arguments: Engines.served, [false, true]) func aTaskThatWaitsForAConnectionIsCancelled(
        engine: Engines, isReadOnly: Bool
    ) async throws {
        let bed = try await CancellationBed.make(on: engine)
        let (primary, replica) = try bed.bed.dataSources()
        let database = try bed.database(primary, replica)
        let pool = isReadOnly ? 1 : 0
        let isReleased = NIOLockedValueBox(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // They end although the test fails.
            defer { isReleased.withLockedValue { $0 = true } }
            for _ in 0..<CancellationBed.poolSize {
                group.addTask {
                    try await database.transaction(readOnly: isReadOnly) {
                        _ = try await database.query("SELECT 1")
                        try await waitUntil("the end") { isReleased.withLockedValue { $0 } }
                    }
                }
            }
            try await waitUntil("all connections are held") {
                database.poolStatus[pool].active == CancellationBed.poolSize
            }
            let task = Task {
                try await database.transaction(readOnly: isReadOnly) { _ = try await database.query("SELECT 2") }
            }
            try await waitUntil("one more waits") { database.poolStatus[pool].pending == 1 }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(database.poolStatus[pool].pending == 0)
            isReleased.withLockedValue { $0 = true }
            try await group.waitForAll()
        }
        try await bed.checkPools(of: database, "after the wait")
        await database.shutdown(grace: .zero)
        await bed.close()
    }

    /// The pause is drawn between nothing and a day.
    @Test(arguments: Engines.served) func aTaskThatPausesBeforeItRunsAgainIsCancelled(engine: Engines) async throws {
        let bed = try await CancellationBed.make(on: engine)
        let (primary, replica) = try bed.bed.dataSources()
        let database = try bed.database(primary, replica)
        let (ends, hasEnded) = AsyncStream.makeStream(of: Void.self)
        let runs = NIOLockedValueBox(0)
        let task = Task {
            let day = Duration.seconds(86_400)
            let retry = RetryPolicy(attempts: 2, firstPause: day, longestPause: day)
            try await database.transaction(retry: retry) {
                runs.withLockedValue { $0 += 1 }
                try Transaction.current?.afterCompletion { _ in hasEnded.yield() }
                try await database.execute("UPDATE probe SET n = 100 WHERE id = 0")
                throw DatabaseError(.serializationFailure, "another one was faster", sqlState: "40001")
            }
        }
        for await _ in ends { break }
        // It comes to the pause by itself; nothing tells that it is there.
        for _ in 0..<100 { await Task.yield() }
        task.cancel()
        do {
            try await task.value
            Issue.record("it was not cancelled")
        } catch is CancellationError {
        } catch let error as DatabaseError {
            // Cancelled before the pause: the failure stands.
            #expect(error.code == .serializationFailure)
        }
        #expect(runs.withLockedValue { $0 } == 1)
        try await bed.checkPools(of: database, "after the pause")
        #expect(try await bed.probes() == Array(repeating: 1, count: CancellationBed.poolSize))
        await database.shutdown(grace: .zero)
        await bed.close()
    }
}
