import NIOCore
import PostgresWire
import TandemReplication
import TandemSQLite

/// One client's session: takes its messages, runs them where they can be run, one batch at a time, in their order.
///
/// It lives on its channel's event loop; the ``SessionEngine`` travels with the work.
final class Session: PostgresSession {
    /// Where the engine is.
    private enum State {
        /// Here: nothing is running.
        case idle
        /// On a reader thread.
        case reading(SessionInterrupt)
        /// Waits for the writer, or runs on it.
        case writing(SessionTransaction)
        /// The connection is closed.
        case closed
    }

    private let engine: SessionEngine
    private let channel: PostgresChannel
    private let node: NodeServices
    private var state = State.idle
    /// What came while something is running. When it is full, the client is read from no more.
    private var received = MessageQueue()
    private var isPaused = false
    /// Ends the session when its client says nothing for too long.
    private var idleTimer: Scheduled<Void>?
    private var isShuttingDown = false
    /// Its event loop's own reader.
    private let loopReader: BriefReader?

    /// - Throws: ``PostgresError`` where the start-up packet sets what cannot be set.
    init(channel: PostgresChannel, startup: StartupMessage, node: NodeServices) throws(PostgresError) {
        self.channel = channel
        self.node = node
        let user = SessionUser(channel, name: startup.user)
        var settings = SessionSettings(
            user: user.name, isSuperuser: user.roles.contains(.administrate),
            applicationName: startup.applicationName, isReplica: !node.takesWrites, configuration: node.configuration)
        try settings.start(with: try StartupSettings(startup.parameters))
        loopReader = node.loopReaders.reader(of: channel.eventLoop)
        let record = SessionRecord(
            SessionRecord.Identity(
                processID: channel.key.processID, user: startup.user, database: startup.database,
                address: channel.peerAddress?.ipAddress, port: channel.peerAddress?.port),
            applicationName: startup.applicationName)
        node.sessions.add(record)
        engine = SessionEngine(node: node, channel: channel, user: user, record: record, settings: settings)
    }

    // MARK: What arrives

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
            go()
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

    func cancelRequested() {
        switch state {
        case .idle: cancelCopy()
        case .closed: return
        case .reading(let interrupt): interrupt.cancel()
        case .writing(let transaction):
            if transaction.isInteractive { transaction.cancelExchange() }
            if node.database.withdraw(transaction) {
                completed(transaction, .failed(PostgresError.canceled))
            } else if !node.interruptWriter(running: transaction) {
                transaction.cancelWait()
            }
        }
    }

    /// A COPY whose rows are being collected waits for nobody but its client.
    private func cancelCopy() {
        guard engine.copyIn != nil else { return }
        _ = engine.fail(.canceled)
        proceed(engine.run(on: .none))
    }

    func shutdownRequested() {
        isShuttingDown = true
        switch state {
        case .idle: channel.close(.adminShutdown)
        case .writing(let transaction) where transaction.isInteractive: transaction.mailbox.close()
        case .reading, .writing, .closed: return
        }
    }

    func closed() {
        idleTimer?.cancel()
        switch state {
        case .idle: engine.close()
        case .reading(let interrupt): interrupt.cancel()
        case .writing(let transaction):
            transaction.mailbox.close()
            if node.database.withdraw(transaction) { engine.close() }
        case .closed: return
        }
        state = .closed
    }

    // MARK: Running

    /// Runs what has been received, here as far as possible.
    private func go() {
        received.give(to: &engine.messages)
        proceed(engine.run(on: .none))
        // Not before: what has been waiting is given at once, and would be run in the middle of this.
        resumeReading()
    }

    private func proceed(_ stop: SessionStop) {
        switch stop {
        case .finished: finishBatch()
        case .needsReader: read()
        case .needsWriter: write()
        case .transactionEnded, .transactionRolledBack: preconditionFailure("no transaction is on the writer")
        }
    }

    private func finishBatch() {
        state = .idle
        if isShuttingDown, !engine.isClosing, received.isEmpty {
            engine.send()
            engine.close()
            return channel.close(.adminShutdown)
        }
        engine.send()
        if engine.isClosing {
            engine.close()
            return channel.close()
        }
        if !received.isEmpty { return go() }
        watchIdle()
    }

    /// A client that says nothing for too long is sent away: the bound depends on what it keeps from others.
    private func watchIdle() {
        guard let (timeout, error) = engine.idleLimit else { return }
        let session = NIOLoopBound(self, eventLoop: channel.eventLoop)
        idleTimer = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { session.value.hasBeenIdle(error) }
    }

    private func hasBeenIdle(_ error: PostgresError) {
        guard case .idle = state, received.isEmpty else { return }
        engine.close()
        channel.close(error)
    }

    private func read() {
        if let refusal = node.readRefusal { return refuse(refusal) }
        if let loopReader {
            let stop = engine.runOnLoop(loopReader)
            if stop != .needsReader { return proceed(stop) }
        }
        readOnThread()
    }

    private func readOnThread() {
        let interrupt = SessionInterrupt()
        state = .reading(interrupt)
        let engine = engine
        let session = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let loop = channel.eventLoop
        let timeout = engine.settings.statementTimeout
        let timer = timeout.map { timeout in
            loop.scheduleTask(in: TimeAmount(timeout)) { interrupt.cancel(isTimeout: true) }
        }
        node.read {
            let stop = engine.runOnReader(interrupt)
            loop.execute {
                timer?.cancel()
                session.value.readingEnded(stop)
            }
        }
    }

    private func readingEnded(_ stop: Result<SessionStop, PostgresError>) {
        if case .closed = state { return engine.close() }
        state = .idle
        switch stop {
        case .success(let stop): proceed(stop)
        case .failure(let error): refuse(error)
        }
    }

    private func write() {
        let transaction = SessionTransaction(
            session: NIOLoopBound(self, eventLoop: channel.eventLoop), eventLoop: channel.eventLoop, engine: engine)
        state = .writing(transaction)
        node.database.submit(transaction)
        // What came while a batch was running belongs to the open transaction.
        readCompleted()
    }

    /// The transaction on the writer has ended; the engine is here again.
    func completed(_ transaction: SessionTransaction, _ outcome: CommitOutcome) {
        engine.transactionCompleted(outcome)
        for var rest in transaction.mailbox.takeRest() { engine.messages.append(contentsOf: rest.takeAll()) }
        if case .closed = state { return engine.close() }
        state = .idle
        proceed(engine.run(on: .none))
    }

    /// The step at hand cannot be run at all.
    private func refuse(_ error: PostgresError) {
        engine.pending = nil
        _ = engine.fail(error)
        proceed(engine.run(on: .none))
    }

    private func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        channel.resumeReading()
    }
}

extension PostgresError {
    static var canceled: PostgresError {
        PostgresError(code: .queryCanceled, message: "canceling statement due to user request")
    }

    static var timedOut: PostgresError {
        PostgresError(code: .queryCanceled, message: "canceling statement due to statement timeout")
    }
}
