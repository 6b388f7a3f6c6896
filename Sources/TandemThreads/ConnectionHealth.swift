import NIOConcurrencyHelpers

/// What is known of a connection without asking its thread.
package final class ConnectionHealth: Sendable {
    private struct State {
        var isClosed = false
        var hasChangedRole = false
        var needsReset = false
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// Whether it can go on, for whoever wants the server for what it was when the connection was made.
    package var isUsable: Bool { state.withLockedValue { !$0.isClosed && !$0.hasChangedRole } }

    /// Whether statements can be sent: where the server has changed its role, the transaction must still be ended.
    package var isOpen: Bool { state.withLockedValue { !$0.isClosed } }

    /// Whether something is left in the session that its next user must not see.
    package var needsReset: Bool { state.withLockedValue { $0.needsReset } }

    package func closed() { state.withLockedValue { $0.isClosed = true } }

    /// The server has become something else than what it was when the connection was made.
    package func roleChanged() { state.withLockedValue { $0.hasChangedRole = true } }

    package func needsReset(_ needsReset: Bool) { state.withLockedValue { $0.needsReset = needsReset } }
}
