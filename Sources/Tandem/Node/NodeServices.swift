import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

/// What the sessions of a node share.
final class NodeServices: Sendable {
    let configuration: NodeConfiguration
    let state: NodeState
    let database: DatabaseThread
    let readers: ReaderPool
    let loopReaders: LoopReaders
    let groupOperator: GroupOperator
    let maintenance: MaintenanceMode
    /// Set once, before the node listens.
    private let transfers = NIOLockedValueBox<SnapshotTransfers?>(nil)
    let sessions = SessionRecords()
    let users: KnownUsers
    let answerRoom: AnswerRoom
    let loneStatements = LoneStatements()
    let advisoryLocks = AdvisoryLocks()
    let started = WallClock.now
    private let readerThreads: NIOThreadPool
    /// How many reads wait for a reader thread.
    private let waitingReads = NIOLockedValueBox(0)
    /// For statements of many KiB; one, so that there is one of them in memory as tokens.
    private let parserThread = NIOThreadPool(numberOfThreads: 1)
    private let writerInterrupter: Interrupter
    /// What the embedding program runs is within this; cancelled when the node stops.
    private let work = StatementLimit()

    init(
        configuration: NodeConfiguration, state: NodeState, database: DatabaseThread, readers: ReaderPool,
        loopReaders: LoopReaders, groupOperator: GroupOperator, maintenance: MaintenanceMode,
        readerThreads: NIOThreadPool, writerInterrupter: Interrupter, users: KnownUsers
    ) {
        self.users = users
        answerRoom = AnswerRoom(configuration)
        self.configuration = configuration
        self.state = state
        self.database = database
        self.readers = readers
        self.loopReaders = loopReaders
        self.groupOperator = groupOperator
        self.maintenance = maintenance
        self.readerThreads = readerThreads
        self.writerInterrupter = writerInterrupter
        parserThread.start()
    }

    /// For one call of the embedding program: it ends with the node.
    func limit(deadline: ContinuousClock.Instant? = nil) -> StatementLimit {
        StatementLimit(deadline: deadline, within: work)
    }

    /// Nothing is begun any more, and what runs is stopped: sessions' transactions and the embedding program's statements.
    func stopWork() {
        work.cancel()
        database.stop()
    }

    /// Ends what it has begun itself.
    func close() async { try? await parserThread.shutdownGracefully() }

    /// The snapshots that the node takes and gives.
    var snapshots: SnapshotTransfers? {
        get { transfers.withLockedValue { $0 } }
        set { transfers.withLockedValue { $0 = newValue } }
    }

    /// Whether this node is one to write to. One that starts as primary is, although writes wait until it is ready.
    var takesWrites: Bool { takesWrites(in: state.service.role) }

    private func takesWrites(in role: ReplicationMachine.Role) -> Bool {
        switch role {
        case .primary, .starting: true
        case .idle: if case .primary = configuration.role { true } else { false }
        case .replica, .candidate, .failed: false
        }
    }

    /// Whether reads can be served now; ``readRefusal`` says why not.
    var takesReads: Bool {
        let service = state.service
        return service.servesReads && !hidesDrift(service.role, service.hasDrifted)
    }

    /// Why reads cannot be served now; nil if they can.
    var readRefusal: PostgresError? {
        let service = state.service
        if hidesDrift(service.role, service.hasDrifted), let drift = state.drifts.first {
            return PostgresError(
                code: .dataCorrupted,
                message: "this node's database has drifted, and is not shown: \(drift)",
                hint: "Start it with --resync, which makes its database anew; read from another node meanwhile.")
        }
        guard !service.servesReads else { return nil }
        let takesSnapshot = snapshots?.fetching != nil
        return PostgresError(
            code: .cannotConnectNow,
            message: takesSnapshot
                ? "this node takes a snapshot, and has nothing to show before"
                : "the database is catching up to the state it showed before its restart",
            hint: "SHOW tandem.status says how far it is.")
    }

    private func hidesDrift(_ role: ReplicationMachine.Role, _ hasDrifted: Bool) -> Bool {
        hasDrifted && configuration.onDrift == .stop && !takesWrites(in: role)
    }

    /// Runs `body` on a reader thread; `otherwise` instead of it, if the node has stopped.
    func read(_ body: @escaping @Sendable () -> Void, otherwise: @escaping @Sendable () -> Void = {}) {
        waitingReads.withLockedValue { $0 += 1 }
        readerThreads.submit { state in
            self.waitingReads.withLockedValue { $0 -= 1 }
            if case .active = state { body() } else { otherwise() }
        }
    }

    /// Whether somebody waits for a reader thread.
    var hasWaitingReads: Bool { waitingReads.withLockedValue { $0 > 0 } }

    /// Runs `body` on the thread for long statements.
    func parse(_ body: @escaping @Sendable () -> Void) {
        parserThread.submit { state in
            if case .active = state { body() }
        }
    }

    /// Why a write cannot be taken now; nil if it can, though it may have to wait.
    var writeRefusal: TandemError? {
        if let failure {
            return TandemError(
                .unavailable, "this node has stopped taking writes: \(failure); mend the cause and restart it")
        }
        guard takesWrites else {
            return TandemError(.readOnly, "this node is a replica; write to its primary\(primaryHint)")
        }
        if maintenance.isOn {
            return TandemError(.readOnly, "this node is in maintenance; 'tandem maintenance off' ends that")
        }
        return nil
    }

    /// Stops what the writer is running, if it is this transaction.
    ///
    /// - Returns: whether it is.
    func interruptWriter(running transaction: SessionTransaction) -> Bool {
        database.whileRunning(transaction) { writerInterrupter.cancel() }
    }

    /// Why this node does not do its work any more; nil if it does.
    var failure: String? {
        if let failure = state.failure { return failure }
        guard state.progress.role == .failed, let problem = state.status?.problem
        else { return nil }
        return problem.words(follows: configuration.role.wordForFollowed)
    }

    /// Where the primary is, for hints: ` at host:port`, or nothing.
    var primaryHint: String {
        state.status?.primary.map { " at \($0)" } ?? ""
    }

    /// What commits wait for, for notices: `: host:port, …`, or nothing.
    var waitDescription: String {
        guard let status = state.status, let waiting = status.waiting else { return "" }
        return waiting.missing.isEmpty ? "" : ": " + status.peers.names(of: waiting.missing)
    }
}
