import NIOConcurrencyHelpers

/// Connections of a data source without a limit, kept for the next who asks.
final class SimpleProvider: ConnectionProvider {
    private let source: any DataSource
    private let role: ServerRole
    private let idle = NIOLockedValueBox<[any DataSourceConnection]>([])

    init(_ source: any DataSource, role: ServerRole) {
        self.source = source
        self.role = role
    }

    func acquire(for options: ScopeOptions, holding: [any ConnectionLease]) async throws -> any ConnectionLease {
        if let connection = idle.withLockedValue({ $0.popLast() }) { return Lease(connection, self) }
        let limit = ContinuousClock.now + .seconds(30)
        return Lease(try await source.connect(to: role, deadline: min(options.deadline ?? limit, limit)), self)
    }

    func close() async {
        let connections = idle.withLockedValue { idle in
            defer { idle = [] }
            return idle
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
            guard connection.isUsable else { return await connection.close() }
            provider.idle.withLockedValue { $0.append(connection) }
        }
    }
}
