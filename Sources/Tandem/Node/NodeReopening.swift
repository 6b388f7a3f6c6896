import NIOConcurrencyHelpers

/// How the parts of a node have it opened anew: with other files in the place of its database, say.
final class NodeReopening: Sendable {
    private struct State {
        var action: (@Sendable () -> Void)?
        var isRequested = false
    }

    private let state = NIOLockedValueBox(State())

    /// A request that came before is not lost.
    func onRequest(_ body: @escaping @Sendable () -> Void) {
        let isRequested = state.withLockedValue { state in
            state.action = body
            defer { state.isRequested = false }
            return state.isRequested
        }
        if isRequested { body() }
    }

    /// Returns at once.
    func request() {
        let action = state.withLockedValue { state in
            if state.action == nil { state.isRequested = true }
            return state.action
        }
        action?()
    }
}
