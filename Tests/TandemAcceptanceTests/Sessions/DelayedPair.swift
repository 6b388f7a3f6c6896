import TandemEmbedded
import TandemMariaDB
import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

/// A primary, and a replica that gets all that happens late.
struct DelayedPair: Sendable {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case embedded, tandem, postgres, mariadb

        var testDescription: String { rawValue }
    }

    /// Data sources of their own for each instance of a service.
    let dataSources: @Sendable () throws -> (primary: any DataSource, replica: any DataSource)
    let stop: @Sendable () async throws -> Void

    static func start(_ kind: Kind, delay: @escaping @Sendable () -> Duration) async throws -> DelayedPair {
        let rule: NetworkProxy.Rule = { $0 == .toClient ? delay() : .zero }
        switch kind {
        case .embedded, .tandem: return try await startTandem(rule, isEmbedded: kind == .embedded)
        case .postgres: return try await startPostgres(rule)
        case .mariadb: return try await startMariaDB(rule)
        }
    }

    /// Commits do not wait for the replica: it would never be behind what was acknowledged.
    private static func startTandem(
        _ rule: @escaping NetworkProxy.Rule, isEmbedded: Bool
    ) async throws -> DelayedPair {
        let (primary, replica) = try await Engines.startNodes(acknowledgements: 0, lockTimeout: .seconds(60)) {
            try await NetworkProxy.start(to: $0, rule: rule).port
        }
        return DelayedPair {
            if isEmbedded { return (EmbeddedDataSource(primary), EmbeddedDataSource(replica)) }
            return (
                try PostgresDataSource("tandem://study@\(primary.address)/study"),
                try PostgresDataSource("tandem://study@\(replica.address)/study")
            )
        } stop: {
            await replica.stop()
            await primary.stop()
        }
    }

    private static func startPostgres(_ rule: @escaping NetworkProxy.Rule) async throws -> DelayedPair {
        let pair = try await PostgresPair.start()
        try await pair.primary.query("GRANT CREATE ON SCHEMA public TO tandem", database: "tandem")
        try await pair.stream(through: try await NetworkProxy.start(to: pair.primary.port, rule: rule).port)
        return DelayedPair(dataSources: { try pair.dataSources() }, stop: { await pair.stop() })
    }

    private static func startMariaDB(_ rule: @escaping NetworkProxy.Rule) async throws -> DelayedPair {
        let pair = try await MariaDBPair.start()
        try await pair.follow(through: try await NetworkProxy.start(to: pair.primary.port, rule: rule).port)
        return DelayedPair(dataSources: { try pair.dataSources() }, stop: { await pair.stop() })
    }
}
