import NIOConcurrencyHelpers

/// Connections of a data source without a limit, kept for the next who asks.
final class SimpleProvider: ConnectionProvider {
    private let source: any DataSource
    private let role: ServerRole
    private struct State: Sendable {
        var idle: [any DataSourceConnection] = []
        var inUse = 0
    }

    private let state = NIOLockedValueBox(State())

    init(_ source: any DataSource, role: ServerRole) {
        self.source = source
        self.role = role
    }

    func acquire(for options: ScopeOptions, holding: [any ConnectionLease]) async throws -> any ConnectionLease {
        let kept = state.withLockedValue { state in
            state.inUse += 1
            return state.idle.popLast()
        }
        if let kept { return Lease(kept, self) }
        let limit = ContinuousClock.now + .seconds(30)
        do {
            return Lease(try await source.connect(to: role, deadline: min(options.deadline ?? limit, limit)), self)
        } catch {
            state.withLockedValue { $0.inUse -= 1 }
            throw error
        }
    }

    var inUse: Int { state.withLockedValue { $0.inUse } }

    func close() async {
        let connections = state.withLockedValue { state in
            defer { state.idle = [] }
            return state.idle
        }
        for connection in connections { await connection.close() }
    }

    private final class Lease: ConnectionLease {
        let connection: any DataSourceConnection
        private let provider: SimpleProvider

        init(_ connection: any DataSourceConnection, _ provider: SimpleProvider) {
            self.connection = connection
            self.provider = provider
        }

        func release(needsReset: Bool) async {
            if needsReset { await connection.reset() }
            let isUsable = connection.isUsable
            provider.state.withLockedValue { state in
                state.inUse -= 1
                if isUsable { state.idle.append(connection) }
            }
            if !isUsable { await connection.close() }
        }
    }
}
