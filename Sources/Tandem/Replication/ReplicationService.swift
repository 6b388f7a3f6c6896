import Glibc
import Logging
import NIOCore
import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

/// A node's part in its group: opens what the replication driver needs, runs it on the replication thread, and says in
/// the log what happens.
final class ReplicationService: Sendable {
    let configuration: NodeConfiguration
    let directory: DataDirectory
    let state: NodeState
    private let database: DatabaseThread
    let gateway: ReplicationGateway
    let groupOperator: GroupOperator
    let loop: any EventLoop
    let logger: Logger
    private let credentials: ReplicationCredentials
    private let connections: NIOLoopBoundBox<ReplicationConnections?>
    private let ticker: NIOLoopBoundBox<RepeatedTask?>
    let lastReport: NIOLoopBoundBox<ReplicationReport?>
    private let upstreamWatch: NIOLoopBoundBox<UpstreamWatch>
    let snapshotLibrary: SnapshotLibrary
    let snapshotFetcher: SnapshotFetcher
    let logKeeper: LogKeeper
    /// Archives the log; nil if it is archived nowhere.
    let archiver: LogArchiver?

    /// What was found on disk, on its way to the replication thread.
    struct Prepared: @unchecked Sendable {  // Handed over once, before the replication thread uses it.
        let durable: DurableState
        let stateFile: DurableStateFile
        let log: Log?
        let applied: Position?
    }

    init(
        configuration: NodeConfiguration, directory: DataDirectory, state: NodeState, database: DatabaseThread,
        gateway: ReplicationGateway, groupOperator: GroupOperator, credentials: ReplicationCredentials,
        loop: any EventLoop, reopen: @escaping @Sendable () -> Void,
        logger: Logger
    ) {
        snapshotLibrary = SnapshotLibrary(directory: directory, node: state, rate: configuration.snapshotRate)
        snapshotFetcher = SnapshotFetcher(
            directory: directory, configuration: configuration, credentials: credentials, gateway: gateway,
            logger: logger, reopen: reopen)
        archiver = configuration.archive.map { LogArchiver($0, directory: directory, node: state, logger: logger) }
        let keeper = LogKeeper(configuration, library: snapshotLibrary, archiver: archiver, logger: logger)
        logKeeper = keeper
        groupOperator.pruneLog { driver, index, leavesMembersBehind throws(TandemError) in
            try keeper.prune(driver, below: index, leavesMembersBehind: leavesMembersBehind)
        }
        self.credentials = credentials
        self.configuration = configuration
        self.directory = directory
        self.state = state
        self.database = database
        self.gateway = gateway
        self.groupOperator = groupOperator
        self.loop = loop
        self.logger = logger
        connections = NIOLoopBoundBox.makeEmptyBox(valueType: ReplicationConnections.self, eventLoop: loop)
        ticker = NIOLoopBoundBox.makeEmptyBox(valueType: RepeatedTask.self, eventLoop: loop)
        lastReport = NIOLoopBoundBox.makeEmptyBox(valueType: ReplicationReport.self, eventLoop: loop)
        upstreamWatch = NIOLoopBoundBox.makeBoxSendingValue(UpstreamWatch(), eventLoop: loop)
    }

    /// Reads the node's state and opens its log; makes both where there are none.
    ///
    /// - Throws: ``TandemError`` (`damaged`) that names the file and the way out.
    func prepare(applied: AppliedState) throws -> Prepared {
        let stateFile = DurableStateFile(path: directory.stateFile)
        do {
            var durable = try stateFile.read() ?? newNode(applied: applied)
            try checkCascade(durable)
            if case .primary = configuration.role, durable.group == nil {
                durable.group = .random()
                try stateFile.write(durable)
            }
            let position = applied.position.index == .zero ? nil : applied.position
            if position == nil { try noteLostLog(&durable, stateFile) }
            let log = try durable.group.map { try openLog($0, applied: applied.position.index) }
            return Prepared(durable: durable, stateFile: stateFile, log: log, applied: position)
        } catch let error as TandemError {
            throw error
        } catch {
            throw TandemError(.damaged, String(describing: error) + wayOut(of: error), cause: error)
        }
    }

    /// Who was the last to reign has to be asked for that before anybody else reigns. A cascade becomes a member where its
    /// operator says so (`--primary`), which is told, and not where it is taken for a primary.
    private func checkCascade(_ durable: DurableState) throws {
        switch configuration.role {
        case .primary where durable.cascades:
            throw TandemError(
                .invalidConfiguration,
                "this node was a cascade (--upstream) when it ran last: no member of its group, and not its primary. Start it with 'tandem replica --upstream HOST:PORT' as before; to make a member of it, with 'tandem replica --primary HOST:PORT'; for another group use another --data"
            )
        case .replica(let primary) where durable.cascades:
            logger.warning(
                "this node was a cascade, and becomes a member of the group: commits and promotions count on it then",
                metadata: [
                    "primary": "\(primary)",
                    "do": "if that is not meant, stop it, 'tandem member remove' it, and start it with --upstream",
                ])
        case .cascade where durable.reign != nil: throw lastPrimary
        case .primary, .replica, .cascade: break
        }
    }

    private var lastPrimary: TandemError {
        TandemError(
            .invalidConfiguration,
            "this node was the last primary of its group, which a cascade is no member of: let another node take over ('tandem switch-over'), remove this one ('tandem member remove'), and then start it with --upstream; or use another --data"
        )
    }

    /// What to do about a damaged log. A primary with an empty data directory would be the first of another group.
    private func wayOut(of error: any Error) -> String {
        guard let error = error as? LogError, error.code == .damaged else { return "" }
        return switch configuration.role {
        case .replica, .cascade:
            " Then move the data directory away and start this replica anew: it copies the primary's data."
        case .primary:
            " Its replicas hold every acknowledged transaction: promote one ('tandem promote') and let this node follow it with an empty data directory, or put the file back from a copy of this disk. Do not start a primary with an empty data directory: that would be a new group, which the replicas do not follow."
        }
    }

    /// The state of a node that has never run. One that has must not forget what it has promised.
    private func newNode(applied: AppliedState) throws -> DurableState {
        guard applied == .none, access(directory.log, F_OK) != 0 else {
            throw LogError(
                .missing,
                "The node's state is missing, although there is a log or a database: without it the node does not know what it has promised. Put the file back, or move the data directory away and start this node anew as a replica.",
                file: directory.stateFile)
        }
        return DurableState(node: .random())
    }

    /// A node that has promised something had a log; without it, and with an empty database, it lacks what it acknowledged
    /// (rules 4 and 31). A replica gets everything anew; a primary would begin again as if nothing had ever been.
    private func noteLostLog(_ durable: inout DurableState, _ stateFile: DurableStateFile) throws {
        guard durable.promised != nil, try !Log.exists(in: directory.log) else { return }
        if case .primary = configuration.role {
            throw LogError(
                .missing,
                "The log is missing, although this node has been part of a group: what it held is lost here. Put the log back, or move the data directory away and start this node anew as a replica of a node that has it.",
                file: directory.log)
        }
        guard durable.whole else { return }
        durable.whole = false
        try stateFile.write(durable)
    }

    private func openLog(_ group: GroupID, applied: LogIndex) throws -> Log {
        let (log, recovery) = try Log.open(
            directory: directory.log, group: group, knownApplied: applied,
            options: .init(segmentSize: configuration.segmentSize))
        if recovery.cut != nil || recovery.finishedCut {
            logger.warning("the log was recovered", metadata: ["recovery": "\(recovery)"])
        }
        return log
    }

    /// Begins to take part in the group.
    func start(_ prepared: Prepared, address: HostAndPort) async throws {
        try await loop.submit { self.startHere(prepared, address: address) }.get()
    }

    private func startHere(_ prepared: Prepared, address: HostAndPort) {
        let machine = ReplicationMachine(
            configuration: machineConfiguration(address), durable: prepared.durable,
            log: prepared.log.map(LogSummary.init) ?? LogSummary(), applied: prepared.applied)
        let connections = ReplicationConnections(
            gateway: gateway, credentials: credentials, loop: loop, logger: logger
        ) { [unowned self] address, reason in upstreamFailed(address, reason)
        }
        let driver = ReplicationDriver(
            machine: machine, log: prepared.log,
            openLog: { [unowned self] group in try openLog(group, applied: .zero) }, stateFile: prepared.stateFile,
            divergentDirectory: directory.divergent, transport: connections, snapshots: snapshotFetcher,
            database: database,
            report: { [unowned self] report in self.report(report) },
            cutKept: { [unowned self] file, index, reason in self.reportCut(file, index, reason) },
            changed: { [unowned self] driver in
                state.update(from: driver.machine, whole: false)
                groupOperator.progressed(driver.machine)
            })
        self.connections.value = connections
        gateway.connect(driver)
        driver.start()
        state.update(from: driver.machine, whole: true)
        gateway.runHere { _ in }
        ticker.value = loop.scheduleRepeatedTask(initialDelay: .milliseconds(50), delay: .milliseconds(50)) { _ in
            self.gateway.runHere { driver in
                driver.tick()
                self.state.update(from: driver.machine, whole: true)
                let now = ReplicationDriver.now
                self.snapshotLibrary.expire(now: now)
                self.archiver?.ticked(now: now)
                self.logKeeper.ticked(driver, now: now)
            }
        }
    }

    /// An attempt to reach the primary has failed.
    private func upstreamFailed(_ address: String, _ reason: String) {
        let isNews = upstreamWatch.value.failed(address, reason, now: ReplicationDriver.now)
        state.upstreamFailure = upstreamWatch.value.description
        logger.log(
            level: isNews ? .warning : .debug, "cannot follow the \(followed); trying again and again",
            metadata: ["address": "\(address)", "reason": "\(reason)"])
    }

    /// A primary is followed.
    func upstreamConnected() {
        upstreamWatch.value.connected()
        state.upstreamFailure = nil
    }

    /// Ends all connections; the log is flushed and closed.
    func stop() async {
        await snapshotFetcher.stop()
        try? await loop.submit {
            self.ticker.value?.cancel()
            self.groupOperator.stop()
            self.connections.value?.closeAll()
            self.gateway.disconnect()?.close()
        }.get()
    }

    /// The session of a node that has connected for replication.
    func makeSession(_ channel: PostgresChannel) -> any PostgresSession {
        ReplicationEntrance(channel: channel, service: self)
    }

    /// The session of one that belongs to the replication thread.
    func makeStream(_ channel: PostgresChannel) -> any PostgresSession {
        channel.isEncrypted
            ? RelayedReplication(channel: channel, service: self) : ReplicationArrival(channel: channel, service: self)
    }

    /// The session on the replication thread.
    func adopt(_ channel: PostgresChannel, _ message: FrontendMessage) -> any PostgresSession {
        guard let connections = connections.value else { return ClosedSession(channel: channel) }
        return connections.adopt(channel, firstMessage: message)
    }

    private func machineConfiguration(_ address: HostAndPort) -> ReplicationMachine.Configuration {
        let role: ReplicationMachine.Configuration.Role
        switch configuration.role {
        case .primary:
            let degradeAfter: Duration? =
                switch configuration.missingReplicas {
                case .wait: nil
                case .degrade(let after): after
                }
            role = .primary(acknowledgements: configuration.acknowledgements, degradeAfter: degradeAfter)
        case .replica(let address), .cascade(let address): role = .replica(primary: address.description)
        }
        var result = ReplicationMachine.Configuration(role: role, address: address.description)
        result.wantsSnapshot = configuration.resyncs
        result.snapshotSource = configuration.snapshotSource?.description
        if case .cascade = configuration.role { result.cascades = true }
        result.appliesDelayed = configuration.applyDelay != nil
        result.requiresLease = configuration.failover != nil
        result.silenceLimit = configuration.replicationTimeout
        result.keepaliveInterval = min(.seconds(1), configuration.replicationTimeout / 4)
        return result
    }
}

extension LogSummary {
    /// What the machine must know of a log that was just opened.
    init(_ log: Log) {
        self.init(
            first: log.firstIndex, last: log.lastIndex, flushed: log.flushedIndex, history: log.history,
            memberRecords: log.memberRecords.map { PlacedMemberRecord(index: $0.index, record: $0.record) },
            knownCommit: log.knownCommit)
    }
}
