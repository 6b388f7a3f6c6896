import NIOCore
import TandemReplication

/// Where the database thread waits for what the owner of an open transaction wants next.
final class TransactionMailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages = CircularBuffer<Message>()
        var isClosed = false
        /// Whether what was delivered is given no more, either.
        var hasEnded = false
    }

    enum Delivery {
        case messages(CircularBuffer<Message>)
        /// Nothing comes any more: the owner is gone, or the node stops.
        case closed
        /// Nothing came in time.
        case timedOut
    }

    private let monitor = Monitor(State())

    /// - Returns: false if nothing is taken any more.
    @discardableResult
    func deliver(_ message: Message) -> Bool {
        monitor.signal { state in
            guard !state.isClosed else { return false }
            state.messages.append(message)
            return true
        }
    }

    /// Nothing is taken any more; what was delivered is still given.
    func close() {
        monitor.signal { $0.isClosed = true }
    }

    /// Nothing is taken or given any more.
    func abandon() {
        monitor.signal { state in
            state.isClosed = true
            state.messages.removeAll()
        }
    }

    /// Nothing is taken or given any more; what was delivered is left for ``takeRest()``.
    func end() {
        monitor.signal { state in
            state.isClosed = true
            state.hasEnded = true
        }
    }

    /// Waits for messages; blocks the thread. Those that were delivered before the end come before ``Delivery/closed``.
    func take(timeout: Duration?) -> Delivery {
        monitor.wait(until: timeout.map { .now + $0 }) { state -> Delivery? in
            guard !state.messages.isEmpty, !state.hasEnded else { return state.isClosed ? .closed : nil }
            defer { state.messages.removeAll() }
            return .messages(state.messages)
        } ?? .timedOut
    }

    /// What came after the transaction's end.
    func takeRest() -> CircularBuffer<Message> {
        monitor.withLock { state in
            defer { state.messages.removeAll() }
            return state.messages
        }
    }
}
