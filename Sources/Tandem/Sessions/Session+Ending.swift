import PostgresWire

// Others want what a session is at to end, or the session itself.
extension Session {
    func cancelRequested() { cancel(.canceled) }

    func shutdownRequested() {
        isShuttingDown = true
        switch state {
        case .idle: end(.adminShutdown)
        case .writing(let transaction): transaction.mailbox.close()
        case .reading(let interrupt): if isWaitingForLock { stopReading(interrupt, .adminShutdown) }
        case .closed: return
        }
    }

    /// The session ends now: its statement is cancelled, its transaction rolled back. A commit that waits for
    /// acknowledgements is in doubt then.
    func terminationRequested(_ reason: PostgresError) {
        guard termination == nil else { return }
        termination = reason
        switch state {
        case .idle: end(reason)
        case .reading: cancel(reason)
        case .writing(let transaction):
            transaction.sessionEnds(reason)
            cancel(reason)
        case .closed: return
        }
    }

    /// Says the last words, if there are any. Whatever was received is not run any more.
    func end(_ lastWords: PostgresError?) {
        engine.close()
        state = .closed
        if let lastWords { channel.close(lastWords) } else { channel.close() }
    }

    private func cancel(_ reason: PostgresError) {
        switch state {
        case .idle: cancelWaiting(reason)
        case .closed: return
        case .reading(let interrupt): stopReading(interrupt, reason)
        case .writing(let transaction):
            if transaction.isInteractive { transaction.cancelExchange(reason) }
            if node.database.withdraw(transaction) {
                completed(transaction, .failed(reason))
            } else if !node.interruptWriter(running: transaction) {
                transaction.cancelWait()
            }
        }
    }

    /// A COPY whose rows are being collected waits for nobody but its client, and so does a query string whose answers
    /// the client does not read.
    func cancelWaiting(_ reason: PostgresError) {
        guard case .idle = state, engine.copyIn != nil || engine.query != nil else { return }
        idleTimer?.cancel()
        _ = engine.fail(reason)
        proceed(runHere())
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
