import NIOConcurrencyHelpers

/// What a task waits for and another thread gives, once: the first that is given counts.
final class Answer<Value: Sendable>: Sendable {
    private enum State {
        /// Neither given nor waited for.
        case open
        /// A task waits.
        case awaited(CheckedContinuation<Value, any Error>)
        /// Given before anybody waited.
        case given(Result<Value, any Error>)
        /// Given and taken.
        case taken
    }

    private let state = NIOLockedValueBox(State.open)

    /// Gives the answer, unless there is one.
    func give(_ result: Result<Value, any Error>) {
        let waiting: CheckedContinuation<Value, any Error>? = state.withLockedValue { state in
            switch state {
            case .open:
                state = .given(result)
                return nil
            case .awaited(let continuation):
                state = .taken
                return continuation
            case .given, .taken: return nil
            }
        }
        waiting?.resume(with: result)
    }

    /// Waits for the answer. One task, once. A cancelled task goes on waiting: whoever cancels gives the answer.
    var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let given: Result<Value, any Error>? = state.withLockedValue { state in
                    switch state {
                    case .open:
                        state = .awaited(continuation)
                        return nil
                    case .given(let result):
                        state = .taken
                        return result
                    case .awaited, .taken: preconditionFailure("an answer is waited for once")
                    }
                }
                if let given { continuation.resume(with: given) }
            }
        }
    }
}
