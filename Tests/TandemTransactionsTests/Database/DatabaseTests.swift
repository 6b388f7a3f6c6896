import TandemTransactions
import Testing

/// What a transaction sends to its servers, and what its caller sees.
@Suite struct DatabaseTests {
    struct Failure: Error {}

    @Test func aTransactionWithoutStatementsTouchesNoServer() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        #expect(try await database.transaction { 7 } == 7)
        #expect(source.events.isEmpty)
    }

    @Test func aTransactionBeginsAtItsFirstStatementAndCommits() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction {
            #expect(source.events.isEmpty)
            try await database.execute("INSERT \(1)")
            try await database.execute("INSERT \(2)")
        }
        #expect(source.events == ["M1 BEGIN", "M1 INSERT …", "M1 INSERT …", "M1 COMMIT"])
    }

    @Test func anErrorRollsBackAndReachesTheCaller() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        await #expect(throws: Failure.self) {
            try await database.transaction {
                try await database.execute("INSERT")
                throw Failure()
            }
        }
        #expect(source.events == ["M1 BEGIN", "M1 INSERT", "M1 ROLLBACK"])
    }

    @Test func aRuleCanCommitWithAnError() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        let keepsFailures = { (error: any Error) -> ErrorDecision in error is Failure ? .commit : .rollback }
        await #expect(throws: Failure.self) {
            try await database.transaction(rollback: keepsFailures) {
                try await database.execute("INSERT")
                throw Failure()
            }
        }
        #expect(source.events.last == "M1 COMMIT")
    }

    @Test func withoutAScopeAStatementIsFinalAtOnce() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        #expect(Transaction.current == nil)
        _ = try await database.query("SELECT 1")
        _ = try await database.query("SELECT 2")
        #expect(source.events == ["M1 SELECT 1", "M1 SELECT 2"])
    }

    @Test func aReadOnlyScopeWithoutATransactionProtectsEachStatement() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction(readOnly: true, propagation: .supports) {
            _ = try await database.query("SELECT 1")
            #expect(Transaction.current?.isActive == false)
            #expect(Transaction.current?.routing == .noReplicas)
        }
        #expect(source.events == ["M1 BEGIN READ ONLY", "M1 SELECT 1", "M1 COMMIT"])
    }

    @Test func aSerializationFailureIsTriedAgain() async throws {
        let failures = RecordingDataSource.Log()
        let source = RecordingDataSource { event in
            if event == "COMMIT", failures.all.count < 2 {
                failures.append("failed")
                throw DatabaseError(.serializationFailure, "another was faster", sqlState: "40001")
            }
            return StatementResult()
        }
        let database = Database(primary: source)
        try await database.transaction(retry: .serializationFailures(3)) { try await database.execute("INSERT") }
        #expect(source.events.filter { $0.hasSuffix("BEGIN") }.count == 3)
    }

    /// It would be done twice.
    @Test func whatWasCommittedIsNotRunAgainWhateverErrorLeavesIt() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        let commits = { (_: any Error) -> ErrorDecision in .commit }
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(rollback: commits, retry: .serializationFailures(3)) {
                try await database.execute("INSERT")
                throw DatabaseError(.serializationFailure, "another database's", sqlState: "40001")
            }
        }
        #expect(error?.code == .serializationFailure)
        #expect(source.events == ["M1 BEGIN", "M1 INSERT", "M1 COMMIT"])
    }

    @Test func aWriteInAReadOnlyTransactionNamesWhoJoinedWhom() async throws {
        let source = RecordingDataSource { event in
            if event.hasPrefix("UPDATE") { throw DatabaseError(.readOnlyTransaction, "no", sqlState: "25006") }
            return StatementResult()
        }
        let database = Database(primary: source)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(readOnly: true, name: "Books.updateSlave") {
                try await database.transaction(name: "Books.updateTitle") {
                    try await database.execute("UPDATE book SET title = \("x")")
                }
            }
        }
        #expect(error?.code == .readOnlyTransaction)
        #expect(error?.transaction == "Books.updateSlave")
        #expect(error?.statement == "UPDATE book SET title = …")
        #expect(error?.message.contains("Books.updateSlave") == true)
        #expect(error?.message.contains("Books.updateTitle") == true)
        #expect(error?.message.contains("DatabaseTests.swift") == true)
    }
}
