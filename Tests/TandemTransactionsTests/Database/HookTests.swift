import TandemTransactions
import Testing

/// When hooks are taken, and when they run.
@Suite struct HookTests {
    struct Failure: Error {}
    struct HookFailure: Error {}

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
}
