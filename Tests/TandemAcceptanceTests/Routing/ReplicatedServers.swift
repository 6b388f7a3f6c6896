import TandemTestServers
import Testing

/// Which servers.
enum ReplicatedServers: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case postgres
    case mariadb
    /// Tandem nodes over the wire.
    case tandem
    /// Tandem nodes in this process.
    case embedded

    /// Those that are processes of their own, and know functions.
    static let foreign: [ReplicatedServers] = [.postgres, .mariadb]

    var testDescription: String { rawValue }

    func start() async throws -> any ReplicatedPair {
        switch self {
        case .postgres:
            let pair = try await PostgresPair.start()
            try await pair.primary.query("GRANT CREATE ON SCHEMA public TO tandem", database: "tandem")
            return pair
        case .mariadb: return try await MariaDBPair.start()
        case .tandem: return try await NodePair.start(isEmbedded: false)
        case .embedded: return try await NodePair.start(isEmbedded: true)
        }
    }
}
