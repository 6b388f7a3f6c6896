import Foundation
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

    private func waitUntilActive(_ sql: String, _ observer: any DataSourceConnection) async throws {
        try await eventually {
            try await observer.value(
                "SELECT count(*) FROM pg_stat_activity WHERE starts_with(query, \(sql)) AND state = 'active'")
                == .integer(1)
        }
    }
}
