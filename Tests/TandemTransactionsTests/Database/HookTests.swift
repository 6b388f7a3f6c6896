import TandemTransactions
import Testing

/// When hooks are taken, and when they run.
@Suite struct HookTests {
    struct Failure: Error {}
    struct HookFailure: Error {}

    private let commits = { @Sendable (_: any Error) -> ErrorDecision in .commit }
    private let source = RecordingDataSource()
    private let database: Database

    init() { database = Database(primary: source) }

    @Test func aSavepointThatHasEndedTakesNoHook() async throws {
        let ran = RecordingDataSource.Log()
        try await database.transaction {
            let released = try await database.transaction(propagation: .nested) {
                try await database.execute("INSERT")
                return Transaction.current
            }
            var rolledBack: Transaction?
            try? await database.transaction(propagation: .nested) {
                rolledBack = Transaction.current
                throw Failure()
            }
            for ended in [released, rolledBack] {
                let error = #expect(throws: DatabaseError.self) { try ended?.afterCommit { ran.append("after") } }
                #expect(error?.code == .transactionEnded)
            }
        }
        #expect(ran.all.isEmpty)
    }

    /// As Spring's: COMMIT is COMMIT, whatever led to it.
    @Test func aHookRunsBeforeACommitThatARuleDecided() async throws {
        await #expect(throws: Failure.self) {
            try await database.transaction(rollback: commits) {
                try await database.execute("INSERT")
                try Transaction.current?.beforeCommit {
                    #expect(Transaction.current?.isActive == true)
                    try await database.execute("HOOK")
                }
                throw Failure()
            }
        }
        #expect(source.events == ["M1 BEGIN", "M1 INSERT", "M1 HOOK", "M1 COMMIT"])
    }

    @Test(arguments: [true, false]) func theRuleHasNothingToSayOfAHooksError(bodyFails: Bool) async throws {
        await #expect(throws: HookFailure.self) {
            try await database.transaction(rollback: commits) {
                try await database.execute("INSERT")
                try Transaction.current?.beforeCommit { throw HookFailure() }
                if bodyFails { throw Failure() }
            }
        }
        #expect(source.events == ["M1 BEGIN", "M1 INSERT", "M1 ROLLBACK"])
    }

    /// Its statement would fail as that of an aborted transaction, and hide who asked for the rollback.
    @Test func noHookRunsBeforeACommitThatThereWillNotBe() async throws {
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction {
                try await database.execute("INSERT")
                try Transaction.current?.beforeCommit { try await database.execute("HOOK") }
                try? await database.transaction(name: "inner") { throw Failure() }
            }
        }
        #expect(error?.code == .unexpectedRollback)
        try await database.transaction {
            try await database.execute("UPDATE")
            try Transaction.current?.beforeCommit { try Transaction.current?.setRollbackOnly() }
            try Transaction.current?.beforeCommit { try await database.execute("HOOK") }
        }
        #expect(
            source.events == ["M1 BEGIN", "M1 INSERT", "M1 ROLLBACK", "M1 BEGIN", "M1 UPDATE", "M1 ROLLBACK"])
    }
}
