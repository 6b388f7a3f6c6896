import Foundation
import NIOConcurrencyHelpers
import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct CancellationTests {
    @Test func cancelledStatementLeavesNothingOfItself() async throws {
        let connection = try await Bed.connection()
        let observer = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i int)")
        let task = Task {
            try await connection.run("INSERT INTO \(identifier: table) SELECT 1 FROM (SELECT pg_sleep(600)) s")
        }
        try await waitUntilActive("INSERT INTO \"\(table)\"", observer)
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(0))
        await connection.close()
        await observer.close()
    }

    /// It was told as lost, with the connection.
    @Test func whatAStatementWasAnsweredIsToldAlthoughItsCancelRequestHangs() async throws {
        let (isHeld, hasAsked) = (NIOLockedValueBox(false), NIOLockedValueBox(false))
        let proxy = try await NetworkProxy.start(to: try await Bed.pair.primary.port) { direction in
            guard direction == .toServer, isHeld.withLockedValue({ $0 }) else { return .zero }
            hasAsked.withLockedValue { $0 = true }
            return .seconds(60)
        }
        var options = PostgresOptions()
        options.cancelTimeout = .seconds(20)
        let connection = try await PostgresDataSource(
            "postgresql://tandem:tandem@127.0.0.1:\(proxy.port)/tandem", options: options
        ).connect(to: .primary, deadline: Bed.soon)
        let (holder, observer) = (try await Bed.connection(), try await Bed.connection())
        let table = Bed.table()
        try await holder.run("CREATE TABLE \(identifier: table) (i int PRIMARY KEY)")
        try await holder.begin()
        let insertion: Statement = "INSERT INTO \(identifier: table) VALUES (1)"
        try await holder.run(insertion)
        let task = Task { try await connection.run(insertion) }
        try await waitUntilActive("INSERT INTO \"\(table)\"", observer)
        isHeld.withLockedValue { $0 = true }
        task.cancel()
        try await eventually { hasAsked.withLockedValue { $0 } }
        try await holder.rollback()
        #expect(try await task.value.affectedRows == 1)
        #expect(!connection.isUsable, "the request may meet whatever comes next")
        #expect(try await observer.value("SELECT count(*) FROM \(identifier: table)") == .integer(1))
        await holder.close()
        await observer.close()
        try await proxy.stop()
    }

    private func waitUntilActive(_ sql: String, _ observer: any DataSourceConnection) async throws {
        try await eventually {
            try await observer.value(
                "SELECT count(*) FROM pg_stat_activity WHERE starts_with(query, \(sql)) AND state = 'active'")
                == .integer(1)
        }
    }
}
