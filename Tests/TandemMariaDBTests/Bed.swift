import TandemMariaDB
import TandemTestServers
import TandemTransactions

/// The pair that tests share, and connections to it.
enum Bed: TestBed {
    /// Its tests leave it as they found it; those that break servers start a pair of their own.
    private static let shared = Task { try await MariaDBPair.start() }

    static var pair: MariaDBPair { get async throws { try await shared.value } }

    /// A statement is cancelled over a connection of its own, which takes long on a machine that does much else.
    static var patient: MariaDBOptions {
        var options = MariaDBOptions()
        options.cancelTimeout = .seconds(60)
        return options
    }

    static func connection(
        to role: ServerRole = .primary, options: MariaDBOptions = Bed.patient
    ) async throws -> any DataSourceConnection {
        let pair = try await pair
        let url = role == .primary ? pair.primary.url : pair.replica.url
        return try await MariaDBDataSource(url, options: options).connect(to: role, deadline: soon)
    }
}
