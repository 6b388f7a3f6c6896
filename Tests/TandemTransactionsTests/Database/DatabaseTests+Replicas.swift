import TandemTransactions
import Testing

/// Where transactions that only read go.
extension DatabaseTests {
    @Test func aReadOnlyTransactionGoesToTheReplica() async throws {
        let log = RecordingDataSource.Log()
        let database = Database(
            primary: RecordingDataSource("M", log: log), replicas: [RecordingDataSource("S", log: log)])
        try await database.transaction(readOnly: true, name: "Books.all") {
            _ = try await database.query("SELECT 1")
            #expect(Transaction.current?.server == "S1")
            #expect(Transaction.current?.routing == .leastBusy)
            #expect(Transaction.current?.name == "Books.all")
        }
        #expect(log.all == ["S1 BEGIN READ ONLY", "S1 SELECT 1", "S1 COMMIT"])
    }

    @Test func explainRoutingTellsAReplicaThatWasUsedFromOneThatWasNot() async throws {
        let database = Database(primary: RecordingDataSource("M"), replicas: [RecordingDataSource("S")])
        #expect(database.explainRouting().hasSuffix("replica  S, in use 0, not used yet"))
        try await database.transaction(readOnly: true) { _ = try await database.query("SELECT 1") }
        let text = database.explainRouting()
        #expect(text.contains("in use 0, used ") && text.hasSuffix(" ago, lag not asked for yet"), "\(text)")
    }

    /// A transaction without a time-out must not wait for a replica that hangs.
    @Test(.timeLimit(.minutes(2))) func aReplicaThatDoesNotTellItsLagIsLeftForThePrimary() async throws {
        let routing = RoutingConfiguration(
            maximumLag: .seconds(1), statusTimeout: .milliseconds(20), retryInterval: .seconds(600))
        let database = Database(
            primary: RecordingDataSource("M"), replicas: [RecordingDataSource("S", tellsStatus: false)],
            configuration: .init(routing: routing))
        try await database.transaction(readOnly: true) {
            _ = try await database.query("SELECT 1")
            #expect(Transaction.current?.server == "M1")
            #expect(Transaction.current?.routing == .replicasFailed)
        }
    }

    @Test(arguments: ["BEGIN READ ONLY", "SELECT", "COMMIT"])
    func aReplicaWhoseConnectionBreaksIsLeft(under event: String) async throws {
        let replica = RecordingDataSource("S") { asked in
            if asked == event { throw DatabaseError(.connectionLost, "reset") }
            return StatementResult()
        }
        let database = Database(primary: RecordingDataSource(), replicas: [replica])
        let read = { () async throws in
            try await database.transaction(readOnly: true) {
                _ = try await database.query("SELECT")
                return Transaction.current?.routing
            }
        }
        await #expect(throws: DatabaseError.self) { try await read() }
        #expect(try await read() == .replicasFailed)
    }
}
