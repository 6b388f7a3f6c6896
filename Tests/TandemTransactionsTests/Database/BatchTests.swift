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
}
