import Logging
import NIOConcurrencyHelpers
import NIOCore

/// The parts of a node, which are exchanged when it takes a snapshot: closed, and opened anew with other files, as a
/// restart of the process would do it. There is one way of starting, and it is the tested one.
final class NodeLife: Sendable {
    private struct State {
        var parts: NodeParts
        /// Opens the node anew at this moment.
        var reopening: Task<Void, Never>?
        var isEnding = false
        var onLoss: (@Sendable (TandemError) -> Void)?
    }

    /// Clients of a node that takes a snapshot have read an old state anyway.
    private static let grace = Duration.seconds(1)
    /// The address may be held for a moment by what is being closed.
    private static let attempts = 20

    private let configuration: NodeConfiguration
    private let logger: Logger
    private let requests: NodeReopening
    private let state: NIOLockedValueBox<State>

    static func begin(_ configuration: NodeConfiguration, logger: Logger) async throws -> NodeLife {
        let requests = NodeReopening()
        let parts = try await NodeParts.open(configuration, reopening: requests, logger: logger)
        let life = NodeLife(configuration, parts, requests, logger)
        requests.onRequest { [weak life] in life?.reopen() }
        return life
    }

    private init(
        _ configuration: NodeConfiguration, _ parts: NodeParts, _ requests: NodeReopening, _ logger: Logger
    ) {
        self.configuration = configuration
        self.requests = requests
        self.logger = logger
        state = NIOLockedValueBox(State(parts: parts))
    }

    var parts: NodeParts { state.withLockedValue { $0.parts } }

    func onLoss(_ body: @escaping @Sendable (TandemError) -> Void) {
        state.withLockedValue { $0.onLoss = body }
    }

    /// Statements of the embedding program are stopped within milliseconds; what goes on after that does something else.
    private static let patience = Duration.seconds(5)

    /// Stops for good.
    func end(grace: Duration, patience: Duration = NodeLife.patience) async {
        let reopening = state.withLockedValue { state in
            state.isEnding = true
            return state.reopening
        }
        await reopening?.value
        await parts.close(grace: grace, patience: patience)
    }

    private func reopen() {
        state.withLockedValue { state in
            guard !state.isEnding, state.reopening == nil else { return }
            state.reopening = Task { await self.exchangeParts() }
        }
    }

    private func exchangeParts() async {
        let old = parts
        var next = configuration
        // Once is enough, and the port stays, whoever chose it.
        next.resyncs = false
        next.listen.port = old.address.port
        await old.close(grace: Self.grace)
        do {
            let opened = try await open(next)
            state.withLockedValue { state in
                state.parts = opened
                state.reopening = nil
            }
        } catch {
            let loss = (error as? TandemError) ?? TandemError(.unavailable, String(describing: error))
            logger.critical("the node cannot be opened again", metadata: ["reason": "\(loss.message)"])
            state.withLockedValue { state in
                state.reopening = nil
                return state.onLoss
            }?(loss)
        }
    }

    private func open(_ configuration: NodeConfiguration) async throws -> NodeParts {
        for _ in 1..<Self.attempts {
            do {
                return try await NodeParts.open(configuration, reopening: requests, logger: logger)
            } catch let error as TandemError where error.code == .addressInUse {
                try await Task.sleep(for: .milliseconds(250))
            }
        }
        return try await NodeParts.open(configuration, reopening: requests, logger: logger)
    }
}
