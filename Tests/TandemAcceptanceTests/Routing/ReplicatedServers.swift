import TandemTestServers
import Testing

/// Which servers.
enum ReplicatedServers: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case postgres
    case mariadb

    var testDescription: String { rawValue }

    func start() async throws -> any ReplicatedPair {
        switch self {
        case .postgres:
            let pair = try await PostgresPair.start()
            try await pair.primary.query("GRANT CREATE ON SCHEMA public TO tandem", database: "tandem")
            return pair
        case .mariadb: return try await MariaDBPair.start()
        }
    }
}
