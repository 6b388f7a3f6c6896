import NIOConcurrencyHelpers
import TandemTransactions
import Testing

/// Statements that are run together.
@Suite struct BatchTests {
    @Test func oneWithoutATransactionHasOneOfItsOwn() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.executeBatch(["INSERT 1", "INSERT 2"])
        #expect(source.events == ["M1 BEGIN", "M1 INSERT 1", "M1 INSERT 2", "M1 COMMIT"])
    }

    /// Its transaction had no deadline and another name.
    @Test func itsTransactionHasTheTimeAndTheNameOfTheScopeAroundIt() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(propagation: .supports, timeout: .zero, name: "Books.import") {
                try await database.executeBatch(["INSERT"])
            }
        }
        #expect(error?.code == .timeout && error?.transaction == "Books.import", "\(String(describing: error))")
        #expect(source.events.isEmpty)
    }

    /// It was told by a line of the library's.
    @Test func whoHoldsItsConnectionIsToldByTheProgramsPlace() async throws {
        let running = NIOLockedValueBox<Database?>(nil)
        let holders = NIOLockedValueBox<[Acquirer]>([])
        let source = RecordingDataSource { event in
            if event == "INSERT" {
                let status = running.withLockedValue { $0 }?.poolStatus ?? []
                holders.withLockedValue { $0 = status.flatMap(\.holders).map(\.acquirer) }
            }
            return StatementResult()
        }
        let database = Database(primary: source)
        running.withLockedValue { $0 = database }
        try await database.executeBatch(["INSERT"])
        running.withLockedValue { $0 = nil }
        let file: String = #fileID
        #expect(holders.withLockedValue { $0 }.map(\.file) == [file])
    }
}
