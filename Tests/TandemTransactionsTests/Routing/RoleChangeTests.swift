import Testing

@testable import TandemTransactions

/// Data sources that name several servers, while those change their roles, come and go.
@Suite struct RoleChangeTests {
    let group = ServerGroup(primary: "db-1", replicas: ["db-2", "db-3"])

    func database(replicas: Bool = true, retryInterval: Duration = .milliseconds(1)) -> Database {
        let source = group.source("db-2", "db-1", "db-3")
        return Database(
            primary: source, replicas: replicas ? [source] : [],
            configuration: .init(routing: RoutingConfiguration(retryInterval: retryInterval)))
    }

    func write(_ database: Database) async throws {
        try await database.transaction { try await database.execute("INSERT") }
    }

    /// Which server is read, and why.
    func read(
        _ database: Database, _ freshness: Freshness? = nil
    ) async throws -> (server: String?, reason: RouteReason?) {
        try await database.transaction(readOnly: true, freshness: freshness) {
            _ = try await database.query("SELECT 1")
            return (Transaction.current?.server, Transaction.current?.routing)
        }
    }

    @Test func thePrimaryDoesNotAnswerForAReplicaThatIsGone() async throws {
        let database = database()
        try await DatabaseSession.with { session in
            try await write(database)
            group.catchUp("db-2")
            #expect(try await read(database).server == "db-2")
            group.change("db-2") { ($0.takesConnections, $0.answers) = (false, false) }
            await #expect(throws: DatabaseError.self) { try await read(database) }
            // It is asked whether it answers again. Who answers in its place is another replica, which is behind.
            try await eventually("another replica has answered") {
                let (server, reason) = try await read(database)
                #expect(server == "db-1")
                return try reason == .positionNotReached(#require(session.position(in: database)))
            }
            group.catchUp("db-3")
            #expect(try await read(database).server == "db-3")
        }
    }

    @Test func whatOneServerOfAReplicaShowsIsNotExpectedOfAnother() async throws {
        let database = database()
        try await DatabaseSession.with { _ in
            try await write(database)
            group.catchUp("db-2")
            try await database.transaction(readOnly: true) {
                _ = try await database.query("SELECT 1")
                #expect(Transaction.current?.server == "db-2")
                // While that connection is in use another is made, which leads to another server.
                group.change("db-2") { $0.takesConnections = false }
                try await database.transaction(readOnly: true, propagation: .requiresNew) {
                    _ = try await database.query("SELECT 1")
                    #expect(Transaction.current?.server == "db-1", "db-3 is behind")
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func aPrimaryThatHasBecomeAReplicaIsLeftByWhoHasWrittenElsewhere(readOnly: Bool) async throws {
        let (database, other) = (database(replicas: false), database(replicas: false))
        try await write(database)
        try await write(other)
        // The two change their places, as it was planned: all connections live on.
        group.catchUp("db-2")
        group.change("db-1") { $0.role = .replica }
        group.change("db-2") { $0.role = .primary }
        group.change("db-1") { $0.takesConnections = true }
        let positions = try await DatabaseSession.with { session in
            other.evictAllConnections(reason: "the other instance has noticed")
            try await write(other)
            return session.positions
        }
        #expect(group["db-2"].position == 3)
        try await DatabaseSession.with(positions: positions) { _ in
            let server = try await database.transaction(readOnly: readOnly) {
                _ = try await database.query("SELECT 1")
                return Transaction.current?.server
            }
            #expect(server == "db-2")
            // A statement without a transaction as well, and now without asking.
            let questions = group["db-2"].questions
            _ = try await database.query("SELECT 1")
            #expect(group["db-2"].questions == questions)
        }
    }

    @Test func theExplanationTellsWhereConnectionsLead() async throws {
        let database = database()
        #expect(!database.explainRouting().contains("leads to"))
        try await write(database)
        _ = try await read(database)
        let lines = database.explainRouting().split(separator: "\n")
        #expect(lines[0].hasPrefix("primary  db-2,db-1,db-3, leads to db-1, in use 0"), "\(lines)")
        #expect(lines[1].hasPrefix("replica  db-2,db-1,db-3, leads to db-2, in use 0"), "\(lines)")
    }

    @Test func whoHasWrittenHereIsNotAskedForMore() async throws {
        let database = database(replicas: false)
        try await DatabaseSession.with { _ in
            try await write(database)
            for _ in 1...3 { #expect(try await read(database).server == "db-1") }
            _ = try await database.query("SELECT 1")
        }
        #expect(group["db-1"].questions == 0)
    }

    @Test func aReadThatWantsToKnowAsksAPrimaryWithoutReplicasAlsoWhereAConnectionIsIdle() async throws {
        let database = database(replicas: false)
        for freshness in [Freshness.any, .sameSession] {
            #expect(try await read(database, freshness).reason == .noReplicas)
        }
        #expect(group["db-1"].questions == 0)
        #expect(try await read(database, .maxLag(.zero)).server == "db-1")
        #expect(group["db-1"].questions == 1)
        #expect(try await read(database, .atLeast(ServerGroup.position(0))).reason == .noReplicas)
        group.change("db-1") { $0.role = .replica }
        group.change("db-3") { $0.role = .primary }
        #expect(try await read(database, .maxLag(.zero)).server == "db-3")
    }

    @Test func aReplicaThatWasPromotedIsNoneAnyMore() async throws {
        let database = database()
        #expect(try await read(database, .any).server == "db-2")
        group.change("db-1") { ($0.role, $0.takesConnections, $0.answers) = (.replica, false, false) }
        group.change("db-2") { $0.role = .primary }
        // It is asked, and is the primary; reads go there until another replica is found.
        #expect(try await read(database, .maxLag(.zero)).reason == .replicasFailed)
        try await eventually("another replica is found") { try await read(database, .any).server == "db-3" }
    }

    /// It waited for as long as routing lets one wait.
    @Test func aPrimaryThatIsBehindIsWaitedForNoLongerThanTheTransactionMayTake() async throws {
        let database = Database(
            primary: group.source("db-1"),
            configuration: .init(routing: RoutingConfiguration(positionTimeout: .seconds(6000))))
        try await database.transaction(
            readOnly: true, timeout: .seconds(600), freshness: .atLeast(ServerGroup.position(7))
        ) {
            _ = try await database.query("SELECT 1")
        }
        let end = try #require(group["db-1"].awaitedUntil)
        #expect(end < ContinuousClock.now + .seconds(600))
    }

    /// It went on with a connection that was known to lead elsewhere, until that failed.
    @Test func aScopeWithoutATransactionLeavesWhatIsNotThePrimaryAnyMore() async throws {
        let database = database(replicas: false)
        try await DatabaseSession.with { _ in
            try await database.transaction(propagation: .notSupported) {
                _ = try await database.query("SELECT 1")
                #expect(Transaction.current?.server == "db-1")
                group.change("db-1") { $0.role = .replica }
                group.change("db-3") { $0.role = .primary }
                // Its position is asked for behind it.
                try await database.execute("INSERT")
                _ = try await database.query("SELECT 1")
                #expect(Transaction.current?.server == "db-3")
            }
        }
    }
}
