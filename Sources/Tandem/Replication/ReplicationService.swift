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

    /// Begins to take part in the group.
    func start(_ prepared: Prepared, address: HostAndPort) async throws {
        try await loop.submit { self.startHere(prepared, address: address) }.get()
    }

    private func startHere(_ prepared: Prepared, address: HostAndPort) {
        let machine = ReplicationMachine(
            configuration: ReplicationMachine.Configuration(configuration, address: address), durable: prepared.durable,
            log: prepared.log.map(LogSummary.init) ?? LogSummary(), applied: prepared.applied)
        let connections = ReplicationConnections(
            gateway: gateway, credentials: credentials, loop: loop, logger: logger,
            dialFailed: { [unowned self] address, reason in upstreamFailed(address, reason) },
            answered: { [unowned self] member, unreadable in memberAnswered(member, unreadable) })
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

    /// A member has answered START or PROMISE; `unreadable` says why this node cannot read it, nil that it can.
    private func memberAnswered(_ member: Member, _ unreadable: String?) {
        let now = ReplicationDriver.now
        guard state.memberAnswered(member.address, unreadable, now: now), let unreadable else { return }
        logger.error(
            "a member's answer cannot be read, and does not count: it runs another version",
            metadata: [
                "member": "\(member.node)", "address": "\(member.address)", "reason": "\(unreadable)",
                "version of this node's messages": "\(ReplicationCommand.promiseVersion)",
            ])
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
}
