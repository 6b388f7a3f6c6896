/// Decides when a running statement is cancelled on the server, and when its connection is given up.
///
/// ```
/// running ── task cancelled, or deadline passed ──▶ cancelling ── no answer in time ──▶ given up
/// ```
package struct StatementWatch {
    /// Why a statement was to be cancelled.
    package enum Reason: Sendable, Hashable {
        case taskCancelled
        case deadlinePassed
    }

    package enum Action: Equatable {
        /// Wait for the server, until then at most.
        case wait(until: ContinuousClock.Instant?)
        /// Send a cancel request, then ask again.
        case cancel
        /// The server answers neither the statement nor the cancel request.
        case giveUp(Reason)
    }

    private enum State {
        case running
        /// A cancel request is on its way; the statement's answer, whichever it is, must come until then.
        case cancelling(Reason, until: ContinuousClock.Instant)
    }

    /// How long a server may take to end a statement that was cancelled, unless something else is asked for.
    package static let grace = Duration.seconds(3)

    package let deadline: ContinuousClock.Instant?
    private let isCancellable: Bool
    /// How long this statement's server may take.
    private let patience: Duration
    private var state = State.running

    /// - Parameters:
    ///   - deadline: when the statement is cancelled; nil for never.
    ///   - isCancellable: whether it is cancelled with its task. COMMIT and ROLLBACK are not.
    ///   - grace: how long the server may take to end it once it was cancelled.
    package init(
        deadline: ContinuousClock.Instant?, isCancellable: Bool, grace: Duration = StatementWatch.grace
    ) {
        patience = grace
        self.deadline = deadline
        self.isCancellable = isCancellable
    }

    /// Why the statement was cancelled; nil while it was not.
    package var reason: Reason? {
        if case .cancelling(let reason, _) = state { reason } else { nil }
    }

    /// The server has not answered yet.
    package mutating func stillRunning(at now: ContinuousClock.Instant, isTaskCancelled: Bool) -> Action {
        switch state {
        case .running:
            if isCancellable, isTaskCancelled { return cancel(.taskCancelled, now) }
            if let deadline, deadline <= now { return cancel(.deadlinePassed, now) }
            return .wait(until: deadline)
        case .cancelling(let reason, let end):
            return end <= now ? .giveUp(reason) : .wait(until: end)
        }
    }

    /// Whoever asked wants no more of it: a cursor is closed before its last row.
    package mutating func abandoned(at now: ContinuousClock.Instant) -> Action {
        guard case .running = state else { return stillRunning(at: now, isTaskCancelled: true) }
        return cancel(.taskCancelled, now)
    }

    private mutating func cancel(_ reason: Reason, _ now: ContinuousClock.Instant) -> Action {
        state = .cancelling(reason, until: now + patience)
        return .cancel
    }
}
