import TandemTestServers
import TandemTransactions
import Testing

/// Where read-only transactions go when replicas lag, fail and return, on real servers.
@Suite(.serialized) struct RoutingTests {
    private struct Stand {
        let pair: any ReplicatedPair
        let database: Database

        init(
            _ server: ReplicatedServers, _ routing: RoutingConfiguration = RoutingConfiguration(),
            _ pool: PoolConfiguration = .default
        ) async throws {
            pair = try await server.start()
            let (primary, replica) = try pair.dataSources()
            database = Database(
                primary: primary, replicas: [replica], configuration: .init(routing: routing, pool: pool))
            try await database.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
            try await database.execute("INSERT INTO note VALUES (1, 'old')")
            try await pair.waitUntilLevel()
        }

        func stop() async {
            await database.shutdown(grace: .zero)
            await pair.stop()
        }

        /// What a reader sees, and why it went where it went.
        func read(
            _ freshness: Freshness? = nil, timeout: Duration? = nil
        ) async throws -> (text: String?, reason: RouteReason?) {
            try await database.transaction(readOnly: true, timeout: timeout, freshness: freshness) {
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
        let stand = try await Stand(server, RoutingConfiguration(positionTimeout: .milliseconds(500)))
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
            // And asked for by a program of its own accord.
            let asked = try await stand.read(.atLeast(position))
            #expect(asked.text == "new" && asked.reason == .positionNotReached(position))
            try await stand.pair.resumeReplay()
            try await stand.pair.waitUntilLevel()
            let later = try await stand.read()
            #expect(later.text == "new" && later.reason == .waited(for: position))
            let askedLater = try await stand.read(.atLeast(position))
            #expect(askedLater.text == "new" && askedLater.reason == .leastBusy)
        }
        await stand.stop()
    }

    /// Ways in which a row with an id is written, each final when it has run.
    private static let writes: [@Sendable (Database, Int) async throws -> Void] = [
        { try await $0.execute("INSERT INTO note VALUES (\($1), 'executed')") },
        { _ = try await $0.query("INSERT INTO note VALUES (\($1), 'queried') RETURNING id", as: Int.self) },
        { for try await _ in $0.stream("INSERT INTO note VALUES (\($1), 'streamed') RETURNING id", as: Int.self) {} },
        { _ = try await $0.query("SELECT add_note(\($1))", as: Int.self) },
        { try await $0.execute("SELECT add_note(\($1))") },
        { for try await _ in $0.stream("SELECT add_note(\($1))", as: Int.self) {} },
        { database, id in
            try await database.transaction {
                // Left before its end.
                for try await _ in database.stream("INSERT INTO note VALUES (\(id), 'left') RETURNING id", as: Int.self)
                {
                    break
                }
            }
        },
        { database, id in
            try await database.transaction { _ = try await database.query("SELECT add_note(\(id))", as: Int.self) }
        },
    ]

    @Test(arguments: ReplicatedServers.foreign)
    func aWriteCountsForItsSessionHoweverItIsDone(server: ReplicatedServers) async throws {
        let stand = try await Stand(server, RoutingConfiguration(positionTimeout: .milliseconds(1)))
        try await #require(stand.pair as? any ServerPair).createWritingFunction()
        try await stand.pair.waitUntilLevel()
        try await stand.pair.pauseReplay()
        try await DatabaseSession.with { session in
            for (place, write) in Self.writes.enumerated() {
                let id = place + 2
                let before = session.position(in: stand.database)
                try await write(stand.database, id)
                let position = session.position(in: stand.database)
                #expect(position != nil && position != before, "write \(place)")
                let count = try await stand.database.transaction(readOnly: true) {
                    try await stand.database.queryOne("SELECT COUNT(*) FROM note WHERE id = \(id)", as: Int.self)
                }
                #expect(count == 1, "write \(place)")
            }
            // What only reads moves nothing, though it calls functions.
            let position = session.position(in: stand.database)
            _ = try await stand.database.query("SELECT COUNT(*) FROM note", as: Int.self)
            #expect(session.position(in: stand.database) == position)
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

    /// Its connections are there, and nothing comes of them. Without the time-out of the second the test would prove nothing:
    /// one idle connection and an attempt to connect cost 15 s.
    @Test(arguments: ReplicatedServers.foreign)
    func aReplicaThatHangsTakesTheTimeOfOneReadAtMost(server: ReplicatedServers) async throws {
        let stand = try await Stand(server, .init(), try PoolConfiguration(aliveBypassWindow: .zero))
        #expect(try await stand.read().reason == .leastBusy)
        let pair = try #require(stand.pair as? any ServerPair)
        try await pair.freezeReplica()
        do {
            _ = try await stand.read(timeout: .seconds(2))
            Issue.record("the replica has answered")
        } catch let error as DatabaseError {
            #expect(error.code == .timeout, "\(error)")
        }
        let seen = try await stand.read(timeout: .seconds(10))
        #expect(seen.text == "old" && seen.reason == .replicasFailed)
        pair.thawReplica()
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

    /// The replica of a Tandem primary that is gone knows no lag, and keeps serving those who do not ask for it.
    @Test func aTandemReplicaWithoutAPrimaryIsTooFarBehind() async throws {
        let pair = try await TandemPair.start()
        let (primary, replica) = try pair.dataSources()
        func makeDatabase() -> Database {
            Database(
                primary: primary, replicas: [replica],
                configuration: .init(routing: RoutingConfiguration(fallsBackToPrimary: false)))
        }
        let database = makeDatabase()
        func read(_ freshness: Freshness, on other: Database? = nil) async throws -> RouteReason? {
            let database = other ?? database
            return try await database.transaction(readOnly: true, freshness: freshness) {
                _ = try await database.query("SELECT 1", as: Int.self)
                return Transaction.current?.routing
            }
        }
        let position = try await DatabaseSession.with { session in
            try await database.execute("CREATE TABLE note (id INTEGER PRIMARY KEY)")
            return try #require(session.position(in: database))
        }
        let reason = try await read(.atLeast(position))
        #expect(reason == .waited(for: position) || reason == .leastBusy)
        #expect(try await read(.maxLag(.seconds(60))) == .leastBusy)
        try await pair.primary.kill()
        let died = ContinuousClock.now
        try await waitUntil("the replica without a lag") {
            do { _ = try await read(.maxLag(.seconds(1))) } catch let error as DatabaseError {
                return error.code == .noServer && error.message.contains("no replica is within")
            }
            return false
        }
        print("a Tandem replica knew no lag \(died.duration(to: .now)) after its primary had died")
        #expect(try await read(.any) == .leastBusy)
        #expect(try await read(.atLeast(position)) == .leastBusy)
        // A program that starts now knows nothing of it, and is told by the replica itself.
        let late = makeDatabase()
        #expect(try await read(.atLeast(position), on: late) == .waited(for: position))
        for database in [database, late] { await database.shutdown(grace: .zero) }
        await pair.stop()
    }
}
