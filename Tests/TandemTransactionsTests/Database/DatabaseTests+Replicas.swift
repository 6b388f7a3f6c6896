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

/// Where they go when there are several replicas.
extension DatabaseTests {
    /// Reads in a transaction of its own, and tells on which server, and why.
    private func read(
        _ database: Database, within body: () async throws -> Void = {}
    ) async throws -> (server: String?, reason: RouteReason?) {
        try await database.transaction(readOnly: true) {
            _ = try await database.query("SELECT 1")
            try await body()
            return (Transaction.current?.server, Transaction.current?.routing)
        }
    }

    @Test func theReplicaWithTheFewestConnectionsInUseTakesARead() async throws {
        let database = Database(
            primary: RecordingDataSource("M"), replicas: [RecordingDataSource("S"), RecordingDataSource("T")])
        let first = try await read(database) {
            // Of a task of its own: within the transaction it would join.
            let others = try await Task.detached {
                let inner = try await self.read(database) {
                    _ = try await Task.detached { try await self.read(database) }.value
                }
                return inner
            }.value
            #expect(others.server?.first == "T")
        }
        #expect(first.server?.first == "S" && first.reason == .leastBusy)
        // Among equals they take turns.
        var servers: [Character?] = []
        for _ in 1...4 { servers.append(try await read(database).server?.first) }
        #expect(servers.filter { $0 == "S" }.count == 2 && servers.filter { $0 == "T" }.count == 2, "\(servers)")
    }

    /// Within the call of whoever comes to it first, and without asking it for all others.
    @Test func aReplicaThatCannotBeReachedIsLeftForTheNext() async throws {
        let group = ServerGroup(primary: "db-1", replicas: ["db-2", "db-3"])
        group.change("db-2") { $0.takesConnections = false }
        let routing = RoutingConfiguration(retryInterval: .seconds(600))
        let database = Database(
            primary: group.source("db-1"), replicas: [group.source("db-2"), group.source("db-3")],
            configuration: .init(routing: routing))
        for _ in 1...4 {
            let seen = try await read(database)
            #expect(seen.server == "db-3" && seen.reason == .leastBusy)
        }
        group.change("db-3") { $0.answers = false }
        group.change("db-3") { $0.takesConnections = false }
        await #expect(throws: DatabaseError.self) { try await read(database) }
        let seen = try await read(database)
        #expect(seen.server == "db-1" && seen.reason == .replicasFailed)
        #expect(database.explainRouting().contains("db-2") && database.explainRouting().contains("down for"))
        await database.shutdown(grace: .zero)
    }

    /// Whatever a read asks for; and the smaller of both limits counts.
    @Test func aReplicaBeyondTheConfiguredLagTakesNoReads() async throws {
        let database = Database(
            primary: RecordingDataSource("M"), replicas: [RecordingDataSource("S", lag: .seconds(3))],
            configuration: .init(routing: RoutingConfiguration(maximumLag: .seconds(2))))
        for freshness in [Freshness.any, .sameSession, .maxLag(.seconds(60))] {
            let reason = try await database.transaction(readOnly: true, freshness: freshness) {
                _ = try await database.query("SELECT 1")
                return Transaction.current?.routing
            }
            #expect(reason == .replicasTooFarBehind(allowed: .seconds(2)), "\(freshness)")
        }
        let reason = try await database.transaction(readOnly: true, freshness: .maxLag(.seconds(1))) {
            _ = try await database.query("SELECT 1")
            return Transaction.current?.routing
        }
        #expect(reason == .replicasTooFarBehind(allowed: .seconds(1)))
        let patient = Database(
            primary: RecordingDataSource("M"), replicas: [RecordingDataSource("S", lag: .seconds(3))],
            configuration: .init(routing: RoutingConfiguration(maximumLag: .seconds(60))))
        #expect(try await read(patient).reason == .leastBusy)
    }
}
