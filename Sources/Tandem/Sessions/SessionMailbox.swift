import NIOCore
import PostgresWire
import TandemReplication

/// Where the database thread waits for what the client of an open transaction sends next.
final class SessionMailbox: Sendable {
    private struct State {
        var messages = CircularBuffer<FrontendMessage>()
        var isClosed = false
    }

    enum Delivery {
        case messages(CircularBuffer<FrontendMessage>)
        /// The client is gone, or its session ends.
        case closed
        /// Nothing came in time.
        case timedOut
    }

    private let monitor = Monitor(State())

    func deliver(_ messages: CircularBuffer<FrontendMessage>) {
        monitor.signal { $0.messages.append(contentsOf: messages) }
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
    func takeRest() -> CircularBuffer<FrontendMessage> {
        monitor.withLock { state in
            defer { state.messages.removeAll() }
            return state.messages
        }
    }
}
