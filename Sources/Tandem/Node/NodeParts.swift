import GRDB
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

/// What a node is made of, opened in the right order and closed in the reverse one.
final class NodeParts: Sendable {
    let services: NodeServices
    let address: HostAndPort
    let access: NodeAccess
    private let directory: DataDirectory
    private let server: PostgresServer
    private let threads: NodeThreads
    private let replication: ReplicationService
    private let failover: FailoverAgent?
    private let logger: Logger
    /// Looks after those who wait for the writer.
    private let waitTicker: RepeatedTask

    private init(
        services: NodeServices, address: HostAndPort, access: NodeAccess, directory: DataDirectory,
        firstUsers: FirstUsersImport, server: PostgresServer, threads: NodeThreads, replication: ReplicationService,
        failover: FailoverAgent?, logger: Logger
    ) {
        let database = services.database
        let userWatch = UserWatch()
        waitTicker = threads.sessions.next().scheduleRepeatedTask(
            initialDelay: .milliseconds(100), delay: .milliseconds(100)
        ) { [users = access.users] _ in
            database.expireWaiting()
            firstUsers.attempt()
            userWatch.look(at: services.state.progress.applied, users, services.sessions)
        }
        self.access = access
        self.services = services
        self.address = address
        self.directory = directory
        self.server = server
        self.threads = threads
        self.replication = replication
        self.failover = failover
        self.logger = logger
    }

    static func open(
        _ configuration: NodeConfiguration, reopening: NodeReopening, logger: Logger
    ) async throws -> NodeParts {
        try check(configuration)
        let directory = try DataDirectory(configuration.dataDirectory)
        try finishInstallation(in: directory, logger)
        try directory.checkNew()
        let state = NodeState()
        let connectionOptions = options(state, configuration)
        let writer = try openDatabase(in: directory, configuration.role, connectionOptions)
        let access = try NodeAccess(configuration, directory, options: connectionOptions, logger: logger)
        let readers = makeReaders(configuration, directory, connectionOptions)
        let threads = NodeThreads(configuration)
        let loopReaders = try LoopReaders(threads.sessions, path: directory.database, options: connectionOptions)
        threads.readers.start()
        let replicationLoop = threads.replication.next()
        let gateway = makeGateway(configuration, replicationLoop, state, logger)
        let database = makeDatabaseThread(configuration, writer, directory, gateway)
        let maintenance = MaintenanceMode(file: directory.maintenance)
        let groupOperator = GroupOperator(
            gateway: gateway, maintenance: maintenance, loop: replicationLoop)
        let services = NodeServices(
            configuration: configuration, state: state, database: database, readers: readers,
            loopReaders: loopReaders, groupOperator: groupOperator, maintenance: maintenance,
            readerThreads: threads.readers, writerInterrupter: writer.interrupter, users: access.users.known)
        let replication = ReplicationService(
            configuration: configuration, directory: directory, state: state, database: database, gateway: gateway,
            groupOperator: groupOperator, credentials: access.credentials, loop: replicationLoop,
            reopen: { reopening.request() }, logger: logger)
        services.snapshots = SnapshotTransfers(replication)
        do {
            let prepared = try replication.prepare(applied: writer.applied)
            let server = try await listen(
                configuration, on: threads.sessions, services: services, replication: replication, access: access,
                logger: logger)
            var address = configuration.listen
            address.port = server.port
            database.start()
            removeReplaced(prepared, in: directory)
            try await replication.start(prepared, address: configuration.advertise ?? address)
            let failover = configuration.failover.map {
                FailoverAgent($0, state: state, gateway: gateway, logger: logger)
            }
            failover?.start()
            replication.archiver?.start()
            tellStart(configuration, at: address, logger)
            access.warn()
            return NodeParts(
                services: services, address: address, access: access, directory: directory,
                firstUsers: FirstUsersImport(users: access.firstUsers, services: services, logger: logger),
                server: server, threads: threads, replication: replication, failover: failover, logger: logger)
        } catch {
            database.stop()
            await access.users.close()
            await services.close()
            await threads.shutDown()
            throw error
        }
    }

    /// Closes everything, clients first.
    ///
    /// - Parameter patience: how long a closure of the embedding program may take to return once its statements were
    ///   stopped; after that it keeps the data directory until it does. Nil, the default: as long as it takes.
    func close(grace: Duration, patience: Duration? = nil) async {
        let services = services
        let database = services.database
        let end = ContinuousClock.now + grace
        // Whoever waits for acknowledgements for so long is told that its commit is in doubt, while its connection is there.
        // What the embedding program runs is stopped then, also where it is only reads.
        let breakingOff = Task {
            try await Task.sleep(for: grace * 0.8)
            services.stopWork()
        }
        defer { breakingOff.cancel() }
        await server.shutdown(grace: grace)
        waitTicker.cancel()
        // The embedding program's transactions have no connections that would be waited for.
        try? await threads.readers.runIfActive { database.waitUntilIdle(until: end) }
        let snapshots = replication.snapshotLibrary
        let archiver = replication.archiver
        try? await threads.readers.runIfActive {
            snapshots.stop()
            archiver?.stop()
        }
        // Before the writer closes its connection: the last one to close leaves no write-ahead log behind.
        await access.users.close()
        services.readers.close()
        services.loopReaders.close()
        database.stop()
        if let patience, await !returns(until: max(end, .now) + patience) { return await leaveRunning() }
        await waitUntilStopped()
        await stopReigning()
        await release()
    }

    /// Whether the transaction that runs ends in time.
    private func returns(until end: ContinuousClock.Instant) async -> Bool {
        let database = services.database
        return (try? await threads.readers.runIfActive { database.waitUntilNothingRuns(until: end) }) ?? true
    }

    private func waitUntilStopped() async {
        let database = services.database
        try? await threads.readers.runIfActive { database.waitUntilStopped() }
    }

    private func stopReigning() async {
        await replication.stop()
        // Others may reign as soon as this node does so no more.
        await failover?.stop()
    }

    private func release() async {
        await services.close()
        await threads.shutDown()
        directory.release()
    }

    /// A closure of the embedding program does not return, and no thread can be stopped from outside: the node takes part
    /// no more, nothing of the closure is committed, and the data directory is free once it has returned.
    private func leaveRunning() async {
        logger.error("a closure of the embedding program does not return; the data directory is in use until it does")
        services.database.close(reason: "the node has stopped", forGood: true)
        await stopReigning()
        // The closure may have returned a moment ago, with a group that nobody takes any more.
        services.database.replicationEnded()
        // Owned by the closure, as it were: it ends with that, or with the process.
        Task {
            await waitUntilStopped()
            await release()
        }
    }

    private static func makeReaders(
        _ configuration: NodeConfiguration, _ directory: DataDirectory, _ connectionOptions: ConnectionOptions
    ) -> ReaderPool {
        var options = ReaderPool.Options()
        options.maximumCount = configuration.maximumReaders
        return ReaderPool(path: directory.database, options: options, connectionOptions: connectionOptions)
    }

    private static func makeGateway(
        _ configuration: NodeConfiguration, _ loop: any EventLoop, _ state: NodeState, _ logger: Logger
    ) -> ReplicationGateway {
        ReplicationGateway(
            loop: loop, state: state, hasDrifted: { tell($0, state, configuration, logger) },
            databaseHasFailed: { reason in
                state.failure = reason
                logger.critical("the database has failed", metadata: ["reason": "\(reason)"])
            })
    }

    private static func makeDatabaseThread(
        _ configuration: NodeConfiguration, _ writer: WriterConnection, _ directory: DataDirectory,
        _ gateway: ReplicationGateway
    ) -> DatabaseThread {
        var groupCommit = configuration.groupCommit
        groupCommit.applyDelay = configuration.applyDelay
        return DatabaseThread(
            connection: writer, logDirectory: directory.log, configuration: groupCommit, proposer: gateway,
            completed: TransactionCompletion.deliver)
    }

    /// SQL functions that every connection knows.
    private static func options(_ state: NodeState, _ configuration: NodeConfiguration) -> ConnectionOptions {
        var options = ConnectionOptions()
        options.keepsContentSums = configuration.keepsContentSums
        options.onDrift = configuration.onDrift
        options.prepare = { database, stop in
            NodeFunctions.install(on: database, stop) { state.outcome(of: $0) }
        }
        return options
    }

    private static func tellStart(_ configuration: NodeConfiguration, at address: HostAndPort, _ logger: Logger) {
        logger.info(
            "node started",
            metadata: [
                "role": "\(configuration.role)", "address": "\(address)", "data": "\(configuration.dataDirectory)",
                "sqlite": "\(SQLiteVersion.current)",
            ])
    }

    /// A table is not what it ought to be.
    private static func tell(
        _ drift: ContentDrift, _ state: NodeState, _ configuration: NodeConfiguration, _ logger: Logger
    ) {
        guard state.note(drift) else { return }
        logger.critical(
            "DRIFT: a table of this node is not what it ought to be; make its database anew with tandem replica --resync",
            metadata: [
                "table": "\(drift.table)", "index": "\(drift.index)", "reason": "\(drift.reason)",
                "on drift": "\(configuration.onDrift.rawValue)",
            ])
    }
}
