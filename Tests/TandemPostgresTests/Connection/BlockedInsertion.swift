import NIOConcurrencyHelpers
import TandemPostgres
import TandemTestServers
import TandemTransactions

/// A statement that waits for a lock of the test's, run over a proxy that can hold what is sent to the server: once the
/// statement has been sent, that is its cancel request.
struct BlockedInsertion: Sendable {
    /// Leads through the proxy.
    let source: PostgresDataSource
    private let table: String
    private let proxy: NetworkProxy
    private let holder: any DataSourceConnection
    private let observer: any DataSourceConnection
    private let isHeld: NIOLockedValueBox<Bool>
    private let hasAsked: NIOLockedValueBox<Bool>

    static func make() async throws -> BlockedInsertion {
        let (isHeld, hasAsked) = (NIOLockedValueBox(false), NIOLockedValueBox(false))
        let proxy = try await NetworkProxy.start(to: try await Bed.pair.primary.port) { direction in
            guard direction == .toServer, isHeld.withLockedValue({ $0 }) else { return .zero }
            hasAsked.withLockedValue { $0 = true }
            return .seconds(60)
        }
        var options = PostgresOptions()
        options.cancelTimeout = .seconds(20)
        let source = try PostgresDataSource(
            "postgresql://tandem:tandem@127.0.0.1:\(proxy.port)/tandem", options: options)
        let (holder, observer) = (try await Bed.connection(), try await Bed.connection())
        let insertion = BlockedInsertion(
            source: source, table: Bed.table(), proxy: proxy, holder: holder, observer: observer, isHeld: isHeld,
            hasAsked: hasAsked)
        try await holder.run("CREATE TABLE \(identifier: insertion.table) (i int PRIMARY KEY)")
        try await holder.begin()
        try await holder.run(insertion.statement)
        return insertion
    }

    /// Another transaction has inserted the same key.
    var statement: Statement { "INSERT INTO \(identifier: table) VALUES (1)" }

    /// How many rows there are for all to see.
    var count: Int? {
        get async throws {
            try await observer.value("SELECT count(*) FROM \(identifier: table)").flatMap { Int(sqlValue: $0) }
        }
    }

    func waitUntilActive() async throws {
        try await eventually {
            try await observer.value("SELECT count(*) FROM pg_stat_activity WHERE \(isActive)") == .integer(1)
        }
    }

    func holdCancelRequests() { isHeld.withLockedValue { $0 = true } }

    /// Waits until a cancel request is being held.
    func waitUntilCancelled() async throws { try await eventually { hasAsked.withLockedValue { $0 } } }

    /// The other transaction takes back what it has inserted.
    func unblock() async throws { try await holder.rollback() }

    /// The server ends the statement, as an administrator may ask it to.
    func endOnServer() async throws {
        try await observer.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE \(isActive)")
    }

    func end() async throws {
        await holder.close()
        await observer.close()
        try await proxy.stop()
    }

    private var isActive: Statement { Self.isActive(into: table) }

    /// Of a row of `pg_stat_activity`: whether it is an insertion into `table` that runs.
    static func isActive(into table: String) -> Statement {
        let beginning = "INSERT INTO \"\(table)\""
        return "starts_with(query, \(beginning)) AND state = 'active'"
    }
}
