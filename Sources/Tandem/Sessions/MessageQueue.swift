import NIOCore
import PostgresWire

/// Messages of a client that wait for what came before them, bounded by number and by memory.
struct MessageQueue: Sendable {
    /// So many messages may wait.
    static let maximumCount = 10_000
    /// About so many bytes may wait; a message that is longer waits alone.
    static let maximumByteCount = 4 << 20

    private(set) var messages = CircularBuffer<FrontendMessage>()
    private(set) var byteCount = 0

    var isEmpty: Bool { messages.isEmpty }
    /// Whether no more should be taken.
    var isFull: Bool { messages.count >= Self.maximumCount || byteCount >= Self.maximumByteCount }

    mutating func append(_ message: FrontendMessage) {
        messages.append(message)
        byteCount += message.byteCount
    }

    mutating func append(contentsOf other: MessageQueue) {
        messages.append(contentsOf: other.messages)
        byteCount += other.byteCount
    }

    /// Gives all messages in exchange for none: their room is used again.
    mutating func give(to taken: inout CircularBuffer<FrontendMessage>) {
        byteCount = 0
        guard taken.isEmpty else {
            taken.append(contentsOf: messages)
            return messages.removeAll()
        }
        swap(&messages, &taken)
    }

    /// All messages; the queue is empty then.
    mutating func takeAll() -> CircularBuffer<FrontendMessage> {
        defer { self = MessageQueue() }
        return messages
    }
}
