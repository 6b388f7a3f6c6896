import TandemMariaDB
import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

/// Servers are killed with -9 and come back while programs read and write.
@Suite(.serialized) struct ChaosTests {
    enum Servers: String, CaseIterable, CustomTestStringConvertible {
        case tandem, postgres, mariadb

        var testDescription: String { rawValue }

        func start() async throws -> any KillablePair {
            switch self {
            case .tandem: try await TandemPair.start()
            case .postgres: try await ReplicatedServers.postgres.start()
            case .mariadb: try await ReplicatedServers.mariadb.start()
            }
        }
    }

    private static let retryInterval = Duration.milliseconds(100)

    /// Who waits for a primary that is gone waits until there is one: on a machine that does much else servers take long.
    private func database(_ primary: any DataSource, _ replica: any DataSource) throws -> Database {
        Database(
            primary: primary, replicas: [replica],
            configuration: .init(
                routing: RoutingConfiguration(retryInterval: Self.retryInterval),
                pool: try PoolConfiguration(acquireTimeout: .seconds(600))))
    }

    @Test(arguments: Servers.allCases)
    func readsGoOnWhileTheReplicaIsKilledAndComesBack(servers: Servers) async throws {
        let pair = try await servers.start()
        let (primary, replica) = try pair.dataSources()
        let (database, other) = (try database(primary, replica), try database(primary, replica))
        let kills = 2
        let load = try await Load.run(on: database, and: other) { load in
            for _ in 1...kills {
                try await load.everyReader(reads: 20, onReplica: true)
                try await pair.killReplica()
                try await load.everyReader(reads: 50)
                try await pair.startReplica()
                try await load.everyReader(reads: 20, onReplica: true)
                try await load.everyWriterCommits()
                try await load.everyWriterIsReadAgain()
            }
        }
        load.checkReadErrors(atMost: kills)
        #expect(load.writeErrors.isEmpty)
        load.checkNoReadWasStale()
        try await load.checkRows(on: primary)
        for database in [database, other] { await database.shutdown(grace: .zero) }
        await pair.stop()
    }

    @Test func writesResumeAfterThePrimaryIsKilledAndTheStandbyPromoted() async throws {
        let pair = try await PostgresPair.start()
        try await pair.primary.query("GRANT CREATE ON SCHEMA public TO tandem", database: "tandem")
        // What is acknowledged is on the standby. Set on the primary alone: once promoted, the standby waits for nobody.
        try await pair.primary.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        try await pair.primary.query("SELECT pg_reload_conf()")
        try await waitUntil("synchronous replication") {
            try await pair.primary.value("SELECT sync_state FROM pg_stat_replication") == "sync"
        }
        let hosts = "postgresql://tandem:tandem@\(pair.primary.address),\(pair.replica.address)/tandem"
        try await checkFailover(of: try PostgresDataSource(hosts), try PostgresDataSource(hosts)) {
            try await pair.primary.kill()
        } promote: {
            try await pair.promoteReplica()
        }
        await pair.stop()
    }

    @Test func writesResumeAfterAMariaDBPrimaryIsKilledAndItsReplicaPromoted() async throws {
        let pair = try await MariaDBPair.start()
        try await pair.waitForAcknowledgements()
        let hosts = "mariadb://tandem:tandem@\(pair.primary.address),\(pair.replica.address)/tandem"
        try await checkFailover(of: try MariaDBDataSource(hosts), try MariaDBDataSource(hosts)) {
            try await pair.primary.kill()
        } promote: {
            try await pair.promoteReplica()
        }
        await pair.stop()
    }

    /// The primary is killed under load, and its only replica promoted by hand.
    private func checkFailover(
        of primary: any DataSource, _ replica: any DataSource, kill: () async throws -> Void,
        promote: () async throws -> Void
    ) async throws {
        let (database, other) = (try database(primary, replica), try database(primary, replica))
        let load = try await Load.run(on: database, and: other) { load in
            try await kill()
            try await load.everyReader(reads: 50)
            try await promote()
            try await load.checkWritesResume(after: "the promotion")
            try await load.everyWriterIsReadAgain()
            try await load.everyReader(reads: 50)
        }
        load.checkReadErrors(atMost: 1)
        check(load.writeErrors)
        load.checkNoReadWasStale()
        try await load.checkRows(on: primary)
        for database in [database, other] { await database.shutdown(grace: .zero) }
    }

    @Test func writesResumeAfterATandemPrimaryIsKilledAndStartedAgain() async throws {
        let pair = try await TandemPair.start()
        let (primary, replica) = try pair.dataSources()
        let (database, other) = (try database(primary, replica), try database(primary, replica))
        let load = try await Load.run(on: database, and: other) { load in
            for _ in 1...2 {
                try await pair.primary.kill()
                try await load.everyReader(reads: 50)
                try await pair.primary.start()
                try await load.checkWritesResume(after: "the start")
                try await load.everyWriterIsReadAgain()
                try await load.everyReader(reads: 50, onReplica: true)
            }
        }
        load.checkReadErrors(atMost: 0)
        check(load.writeErrors, mayWaitForReplicas: true)
        load.checkNoReadWasStale()
        try await load.checkRows(on: primary)
        for database in [database, other] { await database.shutdown(grace: .zero) }
        await pair.stop()
    }

    @Test func writesResumeAfterATandemPrimaryIsKilledAndAReplicaPromoted() async throws {
        // The one that is left acknowledges what the promoted one commits.
        let pair = try await TandemPair.start(replicaCount: 2)
        let source = try PostgresDataSource("tandem://tandem@\(pair.addresses)/tandem")
        let (database, other) = (try database(source, source), try database(source, source))
        let load = try await Load.run(on: database, and: other) { load in
            try await pair.primary.kill()
            try await load.everyReader(reads: 50)
            try await pair.promoteReplica()
            try await load.checkWritesResume(after: "the promotion")
            try await load.everyWriterIsReadAgain()
            try await load.everyReader(reads: 50, onReplica: true)
        }
        load.checkReadErrors(atMost: 1)
        check(load.writeErrors, mayWaitForReplicas: true)
        load.checkNoReadWasStale()
        try await load.checkRows(on: source)
        for database in [database, other] { await database.shutdown(grace: .zero) }
        await pair.stop()
    }

    @Test func writesResumeAfterTandemPrimariesAreSwitched() async throws {
        let pair = try await TandemPair.start()
        let source = try PostgresDataSource("tandem://tandem@\(pair.addresses)/tandem")
        let (database, other) = (try database(source, source), try database(source, source))
        let load = try await Load.run(on: database, and: other) { load in
            for next in [pair.replica, pair.primary] {
                try await pair.switchOver(to: next)
                try await load.checkWritesResume(after: "the switch to the \(next.name)")
                try await load.everyWriterIsReadAgain()
                try await load.everyReader(reads: 50, onReplica: true)
            }
        }
        #expect(load.rows(.unknown).isEmpty)
        for error in load.writeErrors { #expect((error as? DatabaseError)?.code == .readOnlyTransaction, "\(error)") }
        load.checkReadErrors(atMost: 2)
        load.checkNoReadWasStale()
        try await load.checkRows(on: source)
        for database in [database, other] { await database.shutdown(grace: .zero) }
        await pair.stop()
    }

    /// Writers of a server that was killed are told that it was lost, or that their commit is in doubt; those of a node that
    /// waits for its replicas for longer than they may wait for the writer, that they were not begun.
    private func check(_ errors: [any Error], mayWaitForReplicas: Bool = false) {
        let codes = errors.map { ($0 as? DatabaseError)?.code }
        let told: [DatabaseError.Code] = [.connectionLost, .serverUnavailable, .outcomeUnknown]
        let isNoticed = codes.contains { code in code.map { told.contains($0) } ?? false }
        #expect(isNoticed, "nobody noticed")
        for (error, code) in zip(errors, codes) {
            let isTold = code.map { told.contains($0) || (mayWaitForReplicas && $0 == .lockTimeout) } ?? false
            #expect(isTold, "\(error)")
        }
    }
}
