import Testing

@testable import TandemTransactions

/// Sessions and their positions, also those that nobody tells.
extension RoleChangeTests {
    @Test func aWriteWhosePositionNobodyTellsIsReadFromThePrimary() async throws {
        let database = database()
        for replica in ["db-2", "db-3"] { group.change(replica) { $0.position = -1 } }
        try await DatabaseSession.with { session in
            group.change("db-1") { $0.tellsStatus = false }
            try await database.execute("INSERT")
            #expect(session.hasCommitted)
            #expect(session.position(in: database)?.isUnknown == true)
            let carried = try #require(SessionPositions(session.positions.description))
            group.change("db-1") { $0.tellsStatus = true }
            try await DatabaseSession.with(positions: carried) { later in
                let elsewhere = try await read(self.database())
                #expect(elsewhere.server == "db-1")
                // The primary was asked where it stands, which is behind what was written.
                #expect(later.position(in: database) == ServerGroup.position(1))
            }
            group.catchUp("db-2")
            #expect(try await read(database).server == "db-1")
            #expect(try await read(database).server == "db-2")
        }
    }

    /// They were refused for as long as the session was carried on, though replicas showed what it had written.
    @Test func aReadThatMayNotGoToThePrimaryLearnsThePositionThere() async throws {
        let source = group.source("db-2", "db-1", "db-3")
        let database = Database(
            primary: source, replicas: [source],
            configuration: .init(routing: RoutingConfiguration(fallsBackToPrimary: false)))
        try await DatabaseSession.with { session in
            group.change("db-1") { $0.tellsStatus = false }
            try await database.execute("INSERT")
            #expect(session.position(in: database)?.isUnknown == true)
            group.catchUp("db-2")
            let error = await #expect(throws: DatabaseError.self) { try await read(database) }
            #expect(error?.code == .noServer, "the primary does not tell")
            group.change("db-1") { $0.tellsStatus = true }
            #expect(try await read(database).server == "db-2")
            #expect(session.position(in: database) == ServerGroup.position(1))
        }
    }

    @Test(arguments: ["query", "execute", "stream"])
    func aWriteCountsForItsSessionHoweverItIsRun(how: String) async throws {
        let database = database()
        try await DatabaseSession.with { session in
            let statement: Statement = "INSERT INTO t DEFAULT VALUES RETURNING id"
            switch how {
            case "query": _ = try await database.query(statement)
            case "execute": try await database.execute(statement)
            default: for try await _ in database.stream(statement, as: Int.self) {}
            }
            #expect(session.hasCommitted && session.position(in: database) == ServerGroup.position(1))
            #expect(try await read(database).server == "db-1")
        }
    }

    @Test func aTaskThatIsCancelledBehindItsWriteMovesItsSession() async throws {
        let database = database()
        await DatabaseSession.with { session in
            _ = try? await Task { try await database.execute("INSERT, and cancel the task") }.value
            #expect(session.position(in: database) == ServerGroup.position(1))
        }
    }

    @Test func aCommitWhoseOutcomeIsUnknownIsReadFromThePrimary() async throws {
        let database = database()
        try await DatabaseSession.with { session in
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction { try await database.execute("INSERT, and lose the answer") }
            }
            #expect(error?.code == .outcomeUnknown && session.position(in: database)?.isUnknown == true)
            let own = try await read(database)
            #expect(own.server == "db-1")
            #expect(session.position(in: database) == ServerGroup.position(1))
        }
    }

    /// A wait that its own task broke off says nothing of the server: all its connections were closed.
    @Test func aReadThatIsCancelledWhileThePrimaryCatchesUpLeavesItsOtherConnections() async throws {
        for replica in ["db-2", "db-3"] { group.change(replica) { $0.position = -1 } }
        let elsewhere = database()
        try await elsewhere.transaction {
            try await elsewhere.execute("INSERT")
            try await elsewhere.transaction(propagation: .requiresNew) { try await elsewhere.execute("INSERT") }
        }
        #expect(elsewhere.primary.status.idle == 2)
        try await DatabaseSession.with { _ in
            try await database().execute("INSERT")
            group.change("db-1") { server in
                server.position = 0
                server.cancelsWaits = true
            }
            let reading = Task { try await read(elsewhere) }
            await #expect(throws: CancellationError.self) { _ = try await reading.value }
        }
        #expect(group["db-1"].awaitedUntil != nil)
        #expect(elsewhere.primary.status.idle == 1)
    }
}
