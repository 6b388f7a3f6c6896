import CPQ
import TandemThreads
import TandemTransactions

extension ServerLink {
    /// Waits for the socket; false where there is another reason to look again.
    func wait(_ events: Int16, _ watch: inout StatementWatch) throws -> Bool {
        switch watch.stillRunning(at: .now, isTaskCancelled: Task.isCancelled) {
        case .wait(let end): return waitForSocket(events: events, until: end)
        case .cancel where interruption == .abandon:
            close()
            throw PostgresFailure.connectionLost("the server did not answer in time; the connection is closed")
        case .cancel:
            cancelRequest = CancelRequest(for: pointer, waking: executor)
            return false
        case .giveUp(let reason):
            close()
            throw PostgresFailure.unanswered(reason, in: cancelTimeout)
        }
    }

    /// Whether the socket is ready for `events`. Without events it is left out, or its end would keep the thread awake.
    @discardableResult
    func waitForSocket(events: Int16, until end: ContinuousClock.Instant?) -> Bool {
        switch executor.wait(for: events == 0 ? nil : PQsocket(pointer), events: events, until: end) {
        case .ready: events != 0
        case .woken, .deadlinePassed: false
        }
    }

    /// Waits so long, or until the task is cancelled.
    func pause(until end: ContinuousClock.Instant) {
        while ContinuousClock.now < end, !Task.isCancelled { waitForSocket(events: 0, until: end) }
    }
}
