import NIOConcurrencyHelpers
import Testing

@testable import TandemTransactions

/// When a write without a transaction is told as one whose outcome is not known.
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
        let lease = try await database.primary.acquire(for: options, holding: [])
        options.deadline = .now
        let holder = ConnectionHolder(database: database, options: options, isTransactional: false, enclosing: nil)
        holder.state.withLockedValue { state in
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
}
