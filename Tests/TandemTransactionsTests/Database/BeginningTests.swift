import NIOConcurrencyHelpers
import TandemTransactions
import Testing

/// A transaction begins with its first statement, in one call of the driver.
@Suite struct BeginningTests {
    /// What follows a BEGIN that has failed must not be final by itself.
    @Test func afterABeginningThatFailedTheNextStatementBegins() async throws {
        let isFirst = NIOLockedValueBox(true)
        let source = RecordingDataSource { event in
            let fails = isFirst.withLockedValue { isFirst in
                defer { if event == "BEGIN" { isFirst = false } }
                return isFirst && event == "BEGIN"
            }
            if fails { throw DatabaseError(.connectionLost, "it is gone", sqlState: "08006") }
            return StatementResult()
        }
        let database = Database(primary: source)
        try await database.transaction {
            await #expect(throws: DatabaseError.self) { try await database.execute("INSERT 1") }
            #expect(Transaction.current?.server == nil)
            try await database.execute("INSERT 2")
            try await database.execute("INSERT 3")
        }
        let events = source.events.filter { !$0.hasSuffix("CLOSE") }.map { $0.split(separator: " ", maxSplits: 1) }
        #expect(events.map { $0[1] } == ["BEGIN", "BEGIN", "INSERT 2", "INSERT 3", "COMMIT"])
        #expect(Set(events[1...].map { $0[0] }).count == 1 && events[0][0] != events[1][0], "\(events)")
    }

    @Test func aFirstStatementThatFailsFailsInItsTransaction() async throws {
        let source = RecordingDataSource { event in
            if event == "INSERT 1" { throw DatabaseError(.uniqueViolation, "it is there", sqlState: "23505") }
            return StatementResult()
        }
        let database = Database(primary: source)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(name: "first") { try await database.execute("INSERT 1") }
        }
        #expect(error?.transaction == "first" && error?.statement == "INSERT 1")
        try await database.transaction {
            await #expect(throws: DatabaseError.self) { try await database.execute("INSERT 1") }
            try await database.execute("INSERT 2")
        }
        #expect(
            source.events == [
                "M1 BEGIN", "M1 INSERT 1", "M1 ROLLBACK", "M1 BEGIN", "M1 INSERT 1", "M1 INSERT 2", "M1 COMMIT",
            ])
    }

    /// A task that outlives the body has got an answer, and what it did must not be rolled back behind it.
    @Test func aFirstStatementThatIsUnderWayWhenTheBodyEndsIsCommitted() async throws {
        let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let source = RecordingDataSource { event in
            if event == "BEGIN" {
                hasBegun.yield()
                for await _ in gate { break }
            }
            return StatementResult(affectedRows: 1)
        }
        let database = Database(primary: source)
        let handle = NIOLockedValueBox<Transaction?>(nil)
        let transaction = Task {
            try await database.transaction {
                handle.withLockedValue { $0 = Transaction.current }
                let statement = Task { try await database.execute("INSERT 1") }
                for await _ in begun { break }
                return statement
            }
        }
        await waitForTheEndOfTheBody(of: handle)
        open.yield()
        let statement = try await transaction.value
        #expect(try await statement.value == 1)
        #expect(source.events == ["M1 BEGIN", "M1 INSERT 1", "M1 COMMIT"])
    }

    @Test func aFirstStatementThatGetsItsConnectionBehindTheEndOfTheBodyIsRefused() async throws {
        let source = RecordingDataSource()
        let database = Database(
            primary: source, configuration: .init(pool: try PoolConfiguration(maximumSize: 1)))
        let handle = NIOLockedValueBox<Transaction?>(nil)
        let transaction = try await database.transaction {
            try await database.execute("INSERT 1")
            let transaction = Task.detached {
                try await database.transaction {
                    handle.withLockedValue { $0 = Transaction.current }
                    let statement = Task { try await database.execute("INSERT 2") }
                    await eventually("it waits for the connection") { database.poolStatus[0].pending == 1 }
                    return statement
                }
            }
            await waitForTheEndOfTheBody(of: handle)
            return transaction
        }
        let statement = try await transaction.value
        let error = await #expect(throws: DatabaseError.self) { try await statement.value }
        #expect(error?.code == .transactionEnded)
        #expect(source.events == ["M1 BEGIN", "M1 INSERT 1", "M1 COMMIT"])
    }

    /// It takes no hooks any more then.
    private func waitForTheEndOfTheBody(of handle: NIOLockedValueBox<Transaction?>) async {
        await eventually("the body has ended") {
            guard let current = handle.withLockedValue({ $0 }) else { return false }
            return (try? current.afterCompletion { _ in }) == nil
        }
    }

    @Test func aSavepointThatIsToBeSetBeforeItComesBetween() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction {
            try await database.transaction(propagation: .nested) { try await database.execute("INSERT 1") }
        }
        #expect(
            source.events == [
                "M1 BEGIN", "M1 SAVEPOINT tandem_1", "M1 INSERT 1", "M1 RELEASE tandem_1", "M1 COMMIT",
            ])
    }

    /// A setting that the first statement makes is gone for the connection's next user.
    @Test func whatTheFirstStatementLeavesIsTakenAway() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction { try await database.execute("SET x = 1") }
        await eventually("the connection is reset") {
            source.events == ["M1 BEGIN", "M1 SET x = 1", "M1 COMMIT", "M1 RESET"]
        }
    }
}
