import NIOConcurrencyHelpers

/// Lets one task wait until a node fails or is told to stop.
final class FailureSignal: Sendable {
    private struct State {
        var waiter: CheckedContinuation<String?, Never>?
        /// The outcome, once there is one: a reason, or nil for a wanted end.
        var outcome: String??
    }

    private let state = NIOLockedValueBox(State())

    @Sendable func signal(_ reason: String) { settle(reason) }

    func end() { settle(nil) }

    func wait() async -> String? {
        await withCheckedContinuation { continuation in
            let outcome = state.withLockedValue { state -> String?? in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    private func settle(_ reason: String?) {
        let waiter = state.withLockedValue { state -> CheckedContinuation<String?, Never>? in
            guard state.outcome == nil else { return nil }
            state.outcome = .some(reason)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: reason)
    }
}
