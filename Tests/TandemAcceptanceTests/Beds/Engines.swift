import Foundation
import Tandem
import TandemEmbedded
import TandemMariaDB
import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

/// Which engine.
enum Engines: String, Sendable, CaseIterable, CustomTestStringConvertible {
    /// A model of PostgreSQL's transactions in memory: quick, and there where no server is.
    case model
    /// A primary and a hot standby of PostgreSQL.
    case postgres
    /// A MariaDB primary and its replica.
    case mariadb
    /// Two Tandem nodes, reached over the wire.
    case tandem
    /// Two Tandem nodes in this process, reached without a wire.
    case embedded

    var testDescription: String { rawValue }

    /// Those that the tests run on.
    static let tested = allCases
    /// Those with real servers.
    static let served: [Engines] = [.postgres, .mariadb, .tandem, .embedded]
    /// Those that are reached over a wire.
    static let wired: [Engines] = [.postgres, .mariadb, .tandem]

    /// Whether one transaction writes at a time.
    var hasOneWriter: Bool { self == .tandem || self == .embedded }

    /// A cancel request is a connection of its own, which takes long on a machine that does much else.
    private static var patient: PostgresOptions {
        var options = PostgresOptions()
        options.cancelTimeout = .seconds(60)
        return options
    }

    private static var patientMariaDB: MariaDBOptions {
        var options = MariaDBOptions()
        options.cancelTimeout = .seconds(60)
        return options
    }

    func start() async throws -> any Bed {
        switch self {
        case .model: ModelBed()
        case .postgres: try await Self.startPostgres()
        case .mariadb: try await Self.startMariaDB()
        case .tandem: try await Self.startTandem()
        case .embedded: try await Self.startEmbedded()
        }
    }

    private static func hosts(_ ports: [Int]) -> String {
        ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
    }

    private static func startPostgres() async throws -> ServerBed {
        let pair = try await PostgresPair.start()
        try await pair.primary.query("GRANT CREATE ON SCHEMA public TO tandem", database: "tandem")
        return try ServerBed(ports: (pair.primary.port, pair.replica.port)) { ports in
            try PostgresDataSource("postgresql://tandem:tandem@\(Self.hosts(ports))/tandem", options: Self.patient)
        } blocked: {
            try await pair.primary.value(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            ).flatMap { Int($0) } ?? 0
        }
    }

    private static func startMariaDB() async throws -> ServerBed {
        let pair = try await MariaDBPair.start()
        return try ServerBed(ports: (pair.primary.port, pair.replica.port)) { ports in
            try MariaDBDataSource(
                "mariadb://tandem:tandem@\(Self.hosts(ports))/tandem", options: Self.patientMariaDB)
        } blocked: {
            try await pair.primary.value(
                """
                SELECT COUNT(*) FROM information_schema.PROCESSLIST
                WHERE STATE = 'Updating' AND USER = 'tandem'
                """
            ).flatMap { Int($0) } ?? 0
        }
    }

    private static func startTandem() async throws -> ServerBed {
        let (primary, replica) = try await startNodes()
        return try ServerBed(ports: (primary.address.port, replica.address.port)) { ports in
            try PostgresDataSource("postgresql://study@\(Self.hosts(ports))/study", options: Self.patient)
        } blocked: {
            primary.waitingTransactions
        }
    }

    private static func startEmbedded() async throws -> ServerBed {
        let (primary, replica) = try await startNodes()
        return ServerBed(
            primary: EmbeddedDataSource(primary), replica: EmbeddedDataSource(replica),
            blocked: { primary.waitingTransactions })
    }

    /// That of a small node on a free port.
    static func nodeConfiguration(
        _ dataDirectory: String, _ role: NodeConfiguration.Role, acknowledgements: Int
    ) -> NodeConfiguration {
        var configuration = NodeConfiguration(dataDirectory: dataDirectory, role: role)
        configuration.listen.port = 0
        configuration.segmentSize = 1 << 20
        configuration.acknowledgements = .count(acknowledgements)
        return configuration
    }

    /// A primary and its replica in this process.
    ///
    /// - Parameters:
    ///   - acknowledgements: of so many replicas commits wait for.
    ///   - lockTimeout: how long who wants to write waits for the writer.
    ///   - proxy: on which port the replica finds the primary's.
    static func startNodes(
        acknowledgements: Int = 1, lockTimeout: Duration = .milliseconds(200), proxy: (Int) async throws -> Int = { $0 }
    ) async throws -> (primary: Node, replica: Node) {
        let folder = NSTemporaryDirectory() + "tandem-acceptance-" + UUID().uuidString
        func start(_ name: String, _ role: NodeConfiguration.Role) async throws -> Node {
            var configuration = nodeConfiguration("\(folder)/\(name)", role, acknowledgements: acknowledgements)
            configuration.lockTimeout = lockTimeout
            return try await Node.start(configuration)
        }
        let primary = try await start("primary", .primary)
        var source = primary.address
        source.port = try await proxy(source.port)
        return (primary, try await start("replica", .replica(of: source)))
    }
}
