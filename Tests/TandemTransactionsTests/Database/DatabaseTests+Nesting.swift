import TandemTransactions
import Testing

/// What a failure of a call inside a transaction takes with it.
extension DatabaseTests {
    @Test func aFailedCallThatJoinedRollsBackTheWholeAndIsReported() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(name: "outer") {
                try await database.execute("INSERT")
                try? await database.transaction(name: "inner") { throw Failure() }
                #expect(Transaction.current?.isRollbackOnly == true)
            }
        }
        #expect(error?.code == .unexpectedRollback)
        #expect(error?.transaction == "outer")
        #expect(error?.message.contains("inner") == true)
        #expect(source.events.last == "M1 ROLLBACK")
    }

    @Test func aNestedFailureTakesOnlyItsOwnWork() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction {
            try await database.execute("INSERT A")
            await #expect(throws: Failure.self) {
                try await database.transaction(propagation: .nested) {
                    try await database.execute("INSERT B")
                    throw Failure()
                }
            }
            try await database.execute("INSERT C")
        }
        #expect(
            source.events == [
                "M1 BEGIN", "M1 INSERT A", "M1 SAVEPOINT tandem_1", "M1 INSERT B", "M1 ROLLBACK TO tandem_1",
                "M1 RELEASE tandem_1",
                "M1 INSERT C", "M1 COMMIT",
            ])
    }

    @Test func aJoinedFailureInsideANestedScopeGoesWithTheSavepoint() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction(name: "outer") {
            try await database.execute("INSERT A")
            let nested = { () async throws in
                try await database.transaction(propagation: .nested, name: "middle") {
                    try await database.execute("INSERT B")
                    try? await database.transaction(name: "innermost") { throw Failure() }
                }
            }
            let error = await #expect(throws: DatabaseError.self) { try await nested() }
            #expect(error?.code == .unexpectedRollback)
            #expect(error?.message.contains("innermost") == true)
        }
        #expect(source.events.last == "M1 COMMIT")
    }
}
