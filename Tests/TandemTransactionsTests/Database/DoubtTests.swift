import NIOConcurrencyHelpers
import Testing

@testable import TandemTransactions

/// When a write is told as one whose outcome is not known.
@Suite struct DoubtTests {
    /// What was refused has done nothing, though its connection is gone.
    @Test func aStatementThatWasRefusedBeforeItWasRunIsNotInDoubt() async throws {
        let source = RecordingDataSource { event in
            if event == "INSERT 1" { throw DatabaseError(.connectionLost, "it is gone", sqlState: "08006") }
            return StatementResult()
        }
        let database = Database(primary: source)
        var options = ScopeOptions(
            callSite: CallSite(fileID: #fileID, line: #line), isReadOnly: false, isolation: .serverDefault,
            deadline: nil, freshness: .any)
        let lease = try await database.primary.driver.acquire(for: options, holding: [])
        options.deadline = .now
        let holder = ConnectionHolder(database: database, options: options, isTransactional: false, enclosing: nil)
        holder.state.withLock { state in
            state.lease = lease
            state.machine.transactionBegun()
        }
        await #expect(throws: DatabaseError.self) { try await lease.connection.execute("INSERT 1", deadline: nil) }
        let error = await #expect(throws: DatabaseError.self) { try await holder.run("INSERT 2", in: nil) }
        #expect(error?.code == .timeout)
        #expect(!source.events.contains("M1 INSERT 2"))
        await database.shutdown()
    }

    /// It was told as in doubt wherever its connection was of no use any more.
    @Test(arguments: [
        (DatabaseError.statementEnded, DatabaseError.Code.timeout, false), ("08006", .outcomeUnknown, false),
        // The connection is closed, and its transaction with it.
        ("08006", .timeout, true),
    ])
    func aWriteThatItsDeadlineStoppedIsInDoubtWhereTheServerDidNotAnswer(
        sqlState: String, code: DatabaseError.Code, inTransaction: Bool
    ) async throws {
        let source = RecordingDataSource(breaksAtTimeouts: true) { event in
            if event == "INSERT 1" { throw DatabaseError(.timeout, "it took too long", sqlState: sqlState) }
            return StatementResult()
        }
        let database = Database(primary: source)
        let error = await #expect(throws: DatabaseError.self) {
            guard inTransaction else {
                try await database.execute("INSERT 1")
                return
            }
            try await database.transaction { try await database.execute("INSERT 1") }
        }
        #expect(error?.code == code, "\(String(describing: error))")
        await database.shutdown()
        #expect(source.events.contains("M1 CLOSE"))
    }

    @Test func aLostAnswerToCommitIsAnUnknownOutcome() async throws {
        let source = RecordingDataSource { event in
            if event == "COMMIT" { throw DatabaseError(.outcomeUnknown, "the answer was lost") }
            return StatementResult()
        }
        let database = Database(primary: source)
        let outcomes = RecordingDataSource.Log()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(name: "Books.add", retry: .serializationFailures(3)) {
                try Transaction.current?.afterCompletion { outcomes.append("\($0)") }
                try await database.execute("INSERT")
            }
        }
        #expect(error?.code == .outcomeUnknown)
        #expect(error?.transaction == "Books.add")
        #expect(outcomes.all == ["unknown"])
        #expect(source.events.filter { $0.hasSuffix("COMMIT") }.count == 1)
        await database.shutdown()
        #expect(source.events.last == "M1 CLOSE")
    }

    /// What is in a transaction is rolled back with its connection, and what was not sent was not done.
    @Test func aWriteWithoutATransactionWhoseAnswerIsLostIsAnUnknownOutcome() async throws {
        let source = RecordingDataSource { event in
            let state = event.hasSuffix("UPDATE") ? DatabaseError.notSent : "08006"
            throw DatabaseError(.connectionLost, "reset", sqlState: state)
        }
        let database = Database(primary: source)
        for propagation in [Propagation.never, .notSupported] {
            let lost = await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: propagation) { try await database.execute("INSERT") }
            }
            #expect(lost?.code == .outcomeUnknown && lost?.sqlState == "08007" && lost?.isRetriable == false)
            #expect((lost?.cause as? DatabaseError)?.code == .connectionLost)
        }
        let streamed = await #expect(throws: DatabaseError.self) {
            for try await _ in database.stream("DELETE", as: Int.self) {}
        }
        #expect(streamed?.code == .outcomeUnknown)
        let cases: [(Propagation, Statement)] = [(.never, "UPDATE"), (.never, "SELECT"), (.required, "INSERT")]
        for (propagation, statement) in cases {
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: propagation) { try await database.execute(statement) }
            }
            #expect(error?.code == .connectionLost && error?.isRetriable == true, "\(statement)")
        }
    }

    @Test func nothingIsInDoubtWhereATransactionOnlyRead() async throws {
        let source = RecordingDataSource { event in
            if event == "COMMIT" { throw DatabaseError(.outcomeUnknown, "the answer was lost") }
            return StatementResult()
        }
        let database = Database(primary: source)
        for propagation in [Propagation.required, .supports] {
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction(readOnly: true, propagation: propagation) {
                    _ = try await database.query("SELECT 1")
                }
            }
            #expect(error?.code == .connectionLost && error?.isRetriable == true)
        }
    }
}
