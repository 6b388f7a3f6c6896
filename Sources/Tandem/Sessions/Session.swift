import NIOCore
import PostgresWire
import TandemReplication
import TandemSQLite

/// One client's session: takes its messages, runs them where they can be run, one batch at a time, in their order.
///
/// It lives on its channel's event loop; the ``SessionEngine`` travels with the work.
final class Session: PostgresSession {
    /// Where the engine is.
    enum State {
        /// Here: nothing is running.
        case idle
        /// On a reader thread, or waits for one.
        case reading(SessionInterrupt)
        /// Waits for the writer, or runs on it.
        case writing(SessionTransaction)
        /// The connection is closed, or is to be closed once the last words are sent.
        case closed
    }

    let engine: SessionEngine
    let channel: PostgresChannel
    let node: NodeServices
    var state = State.idle
    /// What came while something is running. When it is full, the client is read from no more.
    var received = MessageQueue()
    private var isPaused = false
    /// Ends the session when its client says nothing for too long.
    var idleTimer: Scheduled<Void>?
    /// Ends what a reader thread runs, or is to run, when it takes too long.
    var statementTimer: Scheduled<Void>?
    /// Whether what it waits for, as if it were a thread, is an advisory lock.
    var isWaitingForLock = false
    /// Ends the session when its client takes nothing of what it was answered for too long.
    var slowReaderTimer: Scheduled<Void>?
    /// What of its answers counts as held until the client has taken it.
    var unread: [AnswerHold] = []
    var isShuttingDown = false
    /// The last words of a session that has to end, whatever it is at.
    var termination: PostgresError?
    /// Its event loop's own reader.
    let loopReader: BriefReader?

    /// - Throws: ``PostgresError`` where the start-up packet sets what cannot be set, or the user was removed meanwhile.
    init(channel: PostgresChannel, startup: StartupMessage, node: NodeServices) throws(PostgresError) {
        self.channel = channel
        self.node = node
        var user = SessionUser(channel, name: startup.user)
        var settings = SessionSettings(
            user: user.name, isSuperuser: user.roles.contains(.administrate),
            applicationName: startup.applicationName, isReplica: !node.takesWrites, configuration: node.configuration)
        try settings.start(with: try StartupSettings(startup.parameters))
        loopReader = node.loopReaders.reader(of: channel.eventLoop)
        let record = SessionRecord(
            SessionRecord.Identity(
                processID: channel.key.processID, user: startup.user, database: startup.database,
                address: channel.peerAddress?.ipAddress, port: channel.peerAddress?.port, userVersion: user.version),
            applicationName: startup.applicationName, channel: channel)
        node.sessions.add(record)
        do throws(PostgresError) {
            // Whoever is removed from now on is found among the sessions.
            if try user.refresh(node.users) { settings.superuserChanged(user.roles.contains(.administrate)) }
        } catch {
            node.sessions.remove(record)
            throw error
        }
        engine = SessionEngine(node: node, channel: channel, user: user, record: record, settings: settings)
    }

    func started(_ greeting: inout BackendMessages) {
        for name in SessionSettings.reported {
            guard let value = engine.settings.value(of: name) else { continue }
            greeting.parameterStatus(name, value)
        }
        watchIdle()
    }

    func received(_ message: FrontendMessage) {
        received.append(message)
        if received.isFull, !isPaused {
            isPaused = true
            channel.pauseReading()
        }
    }

    func readCompleted() {
        switch state {
        case .idle:
            idleTimer?.cancel()
            goOn()
        case .writing(let transaction) where transaction.isInteractive: deliver(to: transaction)
        case .reading, .writing, .closed: return
        }
    }

    private func deliver(to transaction: SessionTransaction) {
        guard !received.isEmpty, transaction.deliver(&received) else { return }
        resumeReading()
    }

    /// The database thread has taken messages after it had been given more than enough.
    func writerTookMessages() {
        if case .writing(let transaction) = state { deliver(to: transaction) }
    }

    func resumeReading() {
        guard isPaused, !received.isFull else { return }
        isPaused = false
        channel.resumeReading()
    }

    func closed() {
        idleTimer?.cancel()
        slowReaderTimer?.cancel()
        statementTimer?.cancel()
        unread.removeAll()
        switch state {
        case .idle: engine.close()
        case .reading(let interrupt):
            if interrupt.withdraw() { engine.close() } else { interrupt.cancel(.adminShutdown) }
        case .writing(let transaction):
            // Its statement would keep all other writers waiting for nobody.
            transaction.sessionEnds(.adminShutdown)
            if node.database.withdraw(transaction) { engine.close() }
        case .closed: return
        }
        state = .closed
    }

    /// A client that says nothing for too long is sent away: the bound depends on what it keeps from others.
    func watchIdle() {
        if let deadline = engine.copyIn?.deadline {
            let session = NIOLoopBound(self, eventLoop: channel.eventLoop)
            let rest = TimeAmount(max(.zero, ContinuousClock.now.duration(to: deadline)))
            idleTimer = channel.eventLoop.scheduleTask(in: rest) { session.value.cancelWaiting(.timedOut) }
        }
        guard let (timeout, error) = engine.idleLimit else { return }
        let session = NIOLoopBound(self, eventLoop: channel.eventLoop)
        idleTimer = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { session.value.hasBeenIdle(error) }
    }

    private func hasBeenIdle(_ error: PostgresError) {
        guard case .idle = state, !hasWork else { return }
        end(error)
    }
}
