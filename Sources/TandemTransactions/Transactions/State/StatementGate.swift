import DequeModule

/// Who may use a transaction's one connection: one statement or one stream at a time, the others in the order in which
/// they came.
///
/// `Waiter` is what is needed to wake one up; the gate only keeps it.
struct StatementGate<Waiter: Sendable>: Sendable {
    enum State: Sendable, Hashable {
        case free
        /// A statement, or the end of a scope, is using the connection.
        case taken
        /// A stream's cursor is open and waits for its reader.
        case streaming
        /// A stream's cursor is fetching rows, or closing.
        case fetching
    }

    enum Entry: Sendable, Hashable {
        case entered
        case mustWait
        /// A stream is open. To wait for its end could be to wait for oneself.
        case streamIsOpen
    }

    private(set) var state: State = .free
    private var waiting: Deque<(ticket: UInt64, waiter: Waiter)> = []
    /// Ends of scopes: they cannot be refused, go first, and take a stream's connection away from it.
    private var ending: Deque<Waiter> = []
    private var lastTicket: UInt64 = 0

    /// A statement arrived.
    mutating func statementArrived() -> Entry {
        switch state {
        case .free:
            state = .taken
            return .entered
        case .taken, .fetching: return .mustWait
        case .streaming: return .streamIsOpen
        }
    }

    /// A statement that must wait does so, with a ticket to give up.
    mutating func waitingBegan(_ ticket: UInt64, _ waiter: Waiter) { waiting.append((ticket, waiter)) }

    mutating func makeTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    /// A waiter gave up; nil if its turn has come already.
    mutating func waitingCancelled(_ ticket: UInt64) -> Waiter? {
        guard let place = waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return waiting.remove(at: place).waiter
    }

    /// A scope has ended and needs the connection for it; false where it has to wait.
    mutating func endArrived() -> Bool {
        switch state {
        case .free, .streaming:
            state = .taken
            return true
        case .taken, .fetching: return false
        }
    }

    mutating func endWaits(_ waiter: Waiter) { ending.append(waiter) }

    /// The statement, the stream or the end is through with the connection; the returned one has it now.
    mutating func connectionFreed() -> Waiter? {
        if ending.isEmpty, waiting.isEmpty {
            state = .free
            return nil
        }
        state = .taken
        return ending.popFirst() ?? waiting.popFirst()?.waiter
    }

    /// Statements may not wait any more: all that do, to be told so.
    mutating func waitersDismissed() -> [Waiter] {
        defer { waiting.removeAll() }
        return waiting.map(\.waiter)
    }

    // MARK: Streams

    /// The statement that has the connection has become a stream, or the stream has fetched its rows. Statements that
    /// wait are dismissed, since the stream's reader may be waiting for them; an end that waits takes over.
    mutating func streamPaused() -> (dismissed: [Waiter], next: Waiter?) {
        let dismissed = waitersDismissed()
        let next = ending.popFirst()
        state = next == nil ? .streaming : .taken
        return (dismissed, next)
    }

    /// The stream's reader wants rows, or the end. False where the end of a scope has taken the connection.
    mutating func fetchArrived() -> Bool {
        guard state == .streaming else { return false }
        state = .fetching
        return true
    }
}
