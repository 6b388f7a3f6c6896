import NIOCore
import TandemReplication

/// Where the database thread waits for what the owner of an open transaction wants next.
final class TransactionMailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages = CircularBuffer<Message>()
        var isClosed = false
    }

    enum Delivery {
        case messages(CircularBuffer<Message>)
        /// The owner is gone, or the node stops.
        case closed
        /// Nothing came in time.
        case timedOut
    }

    private let monitor = Monitor(State())

    func deliver(_ messages: CircularBuffer<Message>) {
        monitor.signal { $0.messages.append(contentsOf: messages) }
    }

    func deliver(_ message: Message) {
        monitor.signal { $0.messages.append(message) }
    }

    func close() {
        monitor.signal { $0.isClosed = true }
    }

    /// Waits for messages; blocks the thread.
    func take(timeout: Duration?) -> Delivery {
        monitor.wait(until: timeout.map { .now + $0 }) { state -> Delivery? in
            if state.isClosed { return .closed }
            guard !state.messages.isEmpty else { return nil }
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
