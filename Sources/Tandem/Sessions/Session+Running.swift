import NIOCore
import PostgresWire
import TandemReplication
import TandemSQLite

// Where what was received is run: here, on the loop's reader, on a reader thread, on the database thread.
extension Session {
    /// Goes on with what has been received, once the client takes its answers: what it does not read is not made.
    func goOn() {
        guard case .idle = state, hasWork, channel.isWritable else { return }
        go()
    }

    /// Whether something of what was received is still to be run.
    var hasWork: Bool { !received.isEmpty || engine.hasWork }

    /// Runs what has been received, here as far as possible.
    private func go() {
        // What was taken before has waited for the client to read, and what came since waits within its bound.
        if engine.messages.isEmpty { received.give(to: &engine.messages) }
        proceed(runHere())
        // Not before: what has been waiting is given at once, and would be run in the middle of this.
        resumeReading()
    }

    /// Runs what has been received as far as it can be done on the event loop. A session that has to end reads nothing more.
    func runHere() -> SessionStop {
        guard let loopReader, termination == nil else { return engine.run(on: .none) }
        return engine.runOnLoop(loopReader)
    }

    func proceed(_ stop: SessionStop) {
        switch stop {
        case .finished: finishBatch()
        case .outputIsFull: pause()
        case .needsParser, .needsReader, .needsWriter:
            if let termination { return refuse(termination) }
            if stop == .needsWriter { write() } else if stop == .needsReader { read() } else { parse() }
        case .needsLock:
            if let termination { return refuse(termination) }
            waitForAdvisoryLock()
        case .transactionEnded, .transactionRolledBack: preconditionFailure("no transaction is on the writer")
        }
    }

    private func finishBatch() {
        state = .idle
        engine.send()
        countUnread()
        if engine.isClosing { return end(nil) }
        if let lastWords { return end(lastWords) }
        if hasWork {
            goOn()
        } else {
            watchIdle()
        }
        watchReading()
    }

    /// What follows waits until the client has taken what was answered before; others have their turn meanwhile.
    private func pause() {
        guard termination == nil else { return finishBatch() }
        state = .idle
        countUnread()
        goOnLater()
        watchReading()
    }

    /// What is to be said if the session has to end here; nil if it has not.
    private var lastWords: PostgresError? {
        termination ?? (engine.isCutOff || isShuttingDown && received.isEmpty ? .adminShutdown : nil)
    }

    private func read() {
        if let refusal = node.readRefusal { return refuse(refusal) }
        let engine = engine
        runElsewhere(by: { [node] in node.read($0) }, { engine.runOnReader($0) })
    }

    /// Has a long statement read.
    private func parse() {
        let engine = engine
        runElsewhere(by: { [node] in node.parse($0) }, { engine.runOnParser($0) })
    }

    /// Goes on with `body` on another thread, to which `submit` leads.
    private func runElsewhere(
        by submit: (@escaping @Sendable () -> Void) -> Void,
        _ body: @escaping @Sendable (SessionInterrupt) -> Result<SessionStop, PostgresError>
    ) {
        let interrupt = SessionInterrupt()
        state = .reading(interrupt)
        let session = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let loop = channel.eventLoop
        statementTimer = engine.settings.statementTimeout.map { timeout in
            loop.scheduleTask(in: TimeAmount(timeout)) { session.value.stopReading(interrupt, .timedOut) }
        }
        submit {
            guard interrupt.arrived() else { return }
            let stop = body(interrupt)
            loop.execute { session.value.readingEnded(stop) }
        }
    }

    /// Stops what a reader thread runs for this session. What still waits for one need not wait any longer.
    func stopReading(_ interrupt: SessionInterrupt, _ reason: PostgresError) {
        if interrupt.withdraw() {
            readingEnded(.failure(reason))
        } else {
            interrupt.cancel(reason)
        }
    }

    func readingEnded(_ result: Result<SessionStop, PostgresError>) {
        statementTimer?.cancel()
        statementTimer = nil
        if case .closed = state { return engine.close() }
        var stop = result
        if case .success(let next) = stop, next == .needsReader || next == .needsLock,
            case .reading(let interrupt) = state, let reason = interrupt.reason
        {
            // It was cancelled between two of its steps.
            stop = .failure(reason)
        } else if isWaitingForLock, case .success = stop {
            engine.advisoryLockArrived()
        }
        isWaitingForLock = false
        state = .idle
        switch stop {
        // The thread for long statements has come to one that reads.
        case .success(.needsReader): proceed(runHere())
        case .success(let stop): proceed(stop)
        case .failure(let error): refuse(error)
        }
    }

    private func write() {
        let transaction = SessionTransaction(
            session: NIOLoopBound(self, eventLoop: channel.eventLoop), eventLoop: channel.eventLoop, engine: engine)
        state = .writing(transaction)
        watchWaiting(transaction)
        node.database.submit(transaction)
        // What came while a batch was running belongs to the open transaction.
        readCompleted()
        if isShuttingDown { transaction.mailbox.close() }
    }

    /// The wait for the writer counts for `statement_timeout`, as all of a statement's time does.
    private func watchWaiting(_ transaction: SessionTransaction) {
        let deadline = engine.copyIn?.deadline ?? engine.settings.statementTimeout.map { .now + $0 }
        engine.deadline = engine.copyIn == nil ? deadline : nil
        guard let deadline else { return }
        let session = NIOLoopBound(self, eventLoop: channel.eventLoop)
        statementTimer = channel.eventLoop.scheduleTask(in: TimeAmount(ContinuousClock.now.duration(to: deadline))) {
            if session.value.node.database.withdraw(transaction) {
                session.value.completed(transaction, .failed(PostgresError.timedOut))
            }
        }
    }

    /// The transaction on the writer has ended; the engine is here again.
    func completed(_ transaction: SessionTransaction, _ outcome: CommitOutcome) {
        statementTimer?.cancel()
        statementTimer = nil
        engine.transactionCompleted(outcome)
        for var rest in transaction.mailbox.takeRest() { engine.messages.append(contentsOf: rest.takeAll()) }
        if case .closed = state { return engine.close() }
        state = .idle
        proceed(runHere())
    }

    /// The step at hand cannot be run at all.
    func refuse(_ error: PostgresError) {
        engine.pending = nil
        _ = engine.fail(error)
        proceed(runHere())
    }
}
