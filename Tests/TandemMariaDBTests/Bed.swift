import Foundation
import TandemMariaDB
import TandemTestServers
import TandemTransactions

/// The pair that tests share, and connections to it.
enum Bed {
    /// Its tests leave it as they found it; those that break servers start a pair of their own.
    private static let shared = Task { try await MariaDBPair.start() }

    static var pair: MariaDBPair { get async throws { try await shared.value } }

    /// A bound for what does not depend on time.
    static var soon: ContinuousClock.Instant { .now + .seconds(60) }

    static func connection(
        to role: ServerRole = .primary, options: MariaDBOptions = MariaDBOptions()
    ) async throws -> any DataSourceConnection {
        let pair = try await pair
        let url = role == .primary ? pair.primary.url : pair.replica.url
        return try await MariaDBDataSource(url, options: options).connect(to: role, deadline: soon)
    }

    /// A name that no other test uses.
    static func table() -> String { "t_" + UUID().uuidString.prefix(8).lowercased() }
}

extension DataSourceConnection {
    @discardableResult
    func run(_ statement: Statement) async throws -> StatementResult {
        try await execute(statement, deadline: Bed.soon)
    }

    /// The first value that a statement gives.
    func value(_ statement: Statement) async throws -> SQLValue? { try await run(statement).rows.first?[0] }

    func begin(isReadOnly: Bool = false, isolation: IsolationLevel = .serverDefault) async throws {
        try await begin(TransactionCharacteristics(isReadOnly: isReadOnly, isolation: isolation), deadline: Bed.soon)
    }
}

/// The error that `body` throws.
func failure(of body: () async throws -> Void) async throws -> DatabaseError {
    do {
        try await body()
    } catch let error as DatabaseError {
        return error
    }
    throw DatabaseError(.other, "it succeeded")
}
