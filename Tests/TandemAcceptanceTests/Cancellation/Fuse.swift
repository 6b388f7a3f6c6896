import NIOConcurrencyHelpers

/// Cancels a task when so many points have been passed.
final class Fuse: Sendable {
    private struct State {
        var passed = 0
        var limit: Int?
        var task: Task<Void, any Error>?
    }

    private let state = NIOLockedValueBox(State())

    /// Watches a task from now on, to cancel it at a point, the first of which is 1.
    func watch(_ task: Task<Void, any Error>, cancelAt limit: Int) {
        state.withLockedValue { $0 = State(limit: limit, task: task) }
    }

    /// Watches no more.
    ///
    /// - Returns: whether the task was cancelled, and how many points were passed.
    func release() -> (hasBurnt: Bool, passed: Int) {
        state.withLockedValue { state in
            defer { state = State() }
            return (state.limit.map { state.passed >= $0 } ?? false, state.passed)
        }
    }

    /// A point is passed.
    func pass() {
        let task = state.withLockedValue { state in
            state.passed += 1
            return state.passed == state.limit ? state.task : nil
        }
        task?.cancel()
    }
}
