import NIOConcurrencyHelpers
import TandemTestServers
import TandemTransactions
import Testing

/// A task is cancelled while a server is inside of its statement.
extension AcceptanceTests {
    @Test(arguments: Engines.served, BlockedStatement.allCases)
    func aStatementThatWaitsForALockIsCancelledAndLeavesNothing(
        engine: Engines, statement: BlockedStatement
    ) async throws {
        let bed = try await CancellationBed.make(on: engine)
        let (primary, replica) = try bed.bed.dataSources()
        let database = try bed.database(primary, replica)
        let other = Database(primary: primary)
        var attempts = 0
        // Where the machine stood still the wait has ended by itself: once more.
        while try await cancelBlocked(statement, database, other, bed) == false {
            attempts += 1
            try #require(attempts < 50)
        }
        try await bed.checkPools(of: database, "\(statement)")
        #expect(try await bed.probes() == Array(repeating: 1, count: CancellationBed.poolSize))
        await database.shutdown(grace: .zero)
        await other.shutdown(grace: .zero)
        await bed.close()
    }

    /// - Returns: false where the statement had given up waiting before its task was cancelled.
    private func cancelBlocked(
        _ statement: BlockedStatement, _ database: Database, _ other: Database, _ bed: CancellationBed
    ) async throws -> Bool {
        try await other.transaction {
            try await other.execute("UPDATE probe SET n = n WHERE id = 0")
            let attempt = Attempt(database, number: 1, fuse: Fuse())
            let task = Task.detached { try await statement.run(attempt) }
            let hasEnded = NIOLockedValueBox(false)
            async let end: Void = {
                _ = await task.result
                hasEnded.withLockedValue { $0 = true }
            }()
            do {
                // Cancelled where that does not come true, too: it must not outlive the lock.
                defer { task.cancel() }
                try await waitUntil("the statement waits for the lock") {
                    if hasEnded.withLockedValue({ $0 }) { return true }
                    return try await bed.bed.blockedStatements() > 0
                }
            }
            await end
            do { try await task.value } catch let error as DatabaseError where error.code == .lockTimeout {
                return false
            } catch is CancellationError {
                #expect(try await bed.bed.blockedStatements() == 0)
                return true
            }
            Issue.record("the statement was not blocked")
            return true
        }
    }

    /// The rows would go on for hours; with the first of them the server is in the middle of it.
    @Test(arguments: Engines.served) func aStreamThatIsCancelledInItsMiddleLeavesNothing(engine: Engines) async throws {
        let bed = try await CancellationBed.make(on: engine)
        let (primary, replica) = try bed.bed.dataSources()
        let database = try bed.database(primary, replica)
        for isReadOnly in [false, true] {
            let (rows, hasRow) = AsyncStream.makeStream(of: Int.self)
            let task = Task {
                try await database.transaction(readOnly: isReadOnly) {
                    let endless = database.stream(
                        "SELECT a.i FROM series a, series b, series c, series d", as: Int.self)
                    for try await row in endless { hasRow.yield(row) }
                }
            }
            for await _ in rows { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await bed.checkPools(of: database, "read-only: \(isReadOnly)")
        }
        await database.shutdown(grace: .zero)
        await bed.close()
    }

    /// What is not wanted any more of a statement is no failure of it: the transaction goes on, after every kind of end.
    @Test(arguments: Engines.served) func aTransactionGoesOnAfterAStreamThatWasLeftInItsMiddle(engine: Engines)
        async throws
    {
        let bed = try await CancellationBed.make(on: engine)
        let (primary, replica) = try bed.bed.dataSources()
        let database = try bed.database(primary, replica)
        try await database.transaction {
            let attempt = Attempt(database, number: 1, fuse: Fuse())
            try await attempt.insert(1, 1)
            for table in ["series a, series b, series c, series d", "series a", "series a WHERE a.i = 0"] {
                let rows = database.stream("SELECT a.i FROM \(raw: table)", as: Int.self)
                for try await _ in rows { break }
            }
            for try await _ in attempt.stream() {}
            try await attempt.insert(1, 2)
            #expect(try await attempt.count(1) == 2)
        }
        try await bed.checkPools(of: database, "after the transaction")
        await database.shutdown(grace: .zero)
        await bed.close()
    }
}
