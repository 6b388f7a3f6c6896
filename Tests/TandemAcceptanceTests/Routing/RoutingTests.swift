import TandemTestServers
import TandemTransactions
import Testing

/// Where read-only transactions go when replicas lag, fail and return, on real servers.
@Suite(.serialized) struct RoutingTests {
    private struct Stand {
        let pair: any ReplicatedPair
        let database: Database

        init(_ server: ReplicatedServers, _ routing: RoutingConfiguration = RoutingConfiguration()) async throws {
            pair = try await server.start()
            let (primary, replica) = try pair.dataSources()
            database = Database(primary: primary, replicas: [replica], configuration: .init(routing: routing))
            try await database.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
            try await database.execute("INSERT INTO note VALUES (1, 'old')")
            try await pair.waitUntilLevel()
        }

        func stop() async {
            await database.shutdown(grace: .zero)
            await pair.stop()
        }

        /// What a reader sees, and why it went where it went.
        func read(_ freshness: Freshness? = nil) async throws -> (text: String?, reason: RouteReason?) {
            try await database.transaction(readOnly: true, freshness: freshness) {
                let text = try await database.query("SELECT text FROM note WHERE id = 1", as: String.self).first
                return (text, Transaction.current?.routing)
            }
        }

        func write(_ text: String) async throws {
            try await database.transaction {
                try await database.execute("UPDATE note SET text = \(text) WHERE id = 1")
            }
        }
    }

    @Test(arguments: ReplicatedServers.allCases)
    func whoHasWrittenReadsItAgainAlthoughTheReplicaLags(server: ReplicatedServers) async throws {
        let stand = try await Stand(server, RoutingConfiguration(positionTimeout: .milliseconds(20)))
        try await stand.pair.pauseReplay()
        try await DatabaseSession.with { session in
            try await stand.write("new")
            let position = try #require(session.position(in: stand.database))
            let own = try await stand.read()
            #expect(own.text == "new")
            #expect(own.reason == .positionNotReached(position))
            // Somebody else, and whoever does not ask for it, reads the replica: so it does lag.
            let other = try await stand.read(.any)
            #expect(other.text == "old" && other.reason == .leastBusy)
            // The position can be carried to another process.
            let carried = try #require(SessionPositions(session.positions.description))
            let elsewhere = try await DatabaseSession.with(positions: carried) { _ in try await stand.read() }
            #expect(elsewhere.text == "new")
            try await stand.pair.resumeReplay()
            try await stand.pair.waitUntilLevel()
            let later = try await stand.read()
            #expect(later.text == "new" && later.reason == .waited(for: position))
        }
        await stand.stop()
    }

    @Test(arguments: ReplicatedServers.allCases)
    func aWriteWithoutATransactionCountsForItsSession(server: ReplicatedServers) async throws {
        let stand = try await Stand(server, RoutingConfiguration(positionTimeout: .milliseconds(20)))
        try await stand.pair.pauseReplay()
        try await DatabaseSession.with { _ in
            try await stand.database.execute("UPDATE note SET text = 'new' WHERE id = 1")
            #expect(try await stand.read().text == "new")
        }
        try await stand.pair.resumeReplay()
        await stand.stop()
    }

    @Test(arguments: ReplicatedServers.allCases)
    func aReplicaThatDiesIsLeftAndTakenBack(server: ReplicatedServers) async throws {
        let stand = try await Stand(server, RoutingConfiguration(retryInterval: .milliseconds(50)))
        #expect(try await stand.read().reason == .leastBusy)
        try await stand.pair.killReplica()
        // The killed server's process of a connection that was kept lives a moment longer, and breaks under one reader.
        try await waitUntil("the replica left") { (try? await stand.read())?.reason == .replicasFailed }
        for _ in 1...5 {
            let seen = try await stand.read()
            #expect(seen.text == "old" && seen.reason == .replicasFailed)
        }
        #expect(stand.database.explainRouting().contains("down for"))
        try await stand.pair.startReplica()
        try await waitUntil("the replica taken back") { try await stand.read().reason == .leastBusy }
        await stand.stop()
    }

    @Test(arguments: ReplicatedServers.allCases)
    func aReplicaThatStandsStillIsTooFarBehind(server: ReplicatedServers) async throws {
        let stand = try await Stand(server)
        #expect(try await stand.read(.maxLag(.seconds(60))).reason == .leastBusy)
        try await stand.pair.pauseReplay()
        try await stand.write("new")
        try await waitUntil("the replica is behind") {
            let seen = try await stand.read(.maxLag(.milliseconds(100)))
            return seen.reason == .replicasTooFarBehind(allowed: .milliseconds(100)) && seen.text == "new"
        }
        try await stand.pair.resumeReplay()
        try await waitUntil("the replica has caught up") {
            try await stand.read(.maxLag(.milliseconds(500))).reason == .leastBusy
        }
        await stand.stop()
    }
}
