import Foundation
import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct CancellationTests {
    /// Cancelled before it is sent, while it is sent, while it runs, when its answer is on its way, and after it.
    @Test func lateCancellationNeverHitsTheNextStatement() async throws {
        let connection = try await Bed.connection()
        var cancelled = 0
        for number in 0..<200 {
            let task = Task { try await connection.run("SELECT pg_sleep(\(Double(number % 4) / 1000)), \(number)") }
            for _ in 0..<(number % 20) * 25 { await Task.yield() }
            task.cancel()
            do {
                _ = try await task.value
            } catch is CancellationError {
                cancelled += 1
            }
            #expect(try await connection.value("SELECT \(number)::int") == .integer(Int64(number)))
        }
        #expect(cancelled > 0, "no cancellation came early enough to show anything")
        #expect(connection.isUsable)
        await connection.close()
    }

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

    @Test func deadlineCancelsTheRunningStatement() async throws {
        let connection = try await Bed.connection()
        let error = try await failure {
            _ = try await connection.execute("SELECT pg_sleep(600)", deadline: .now + .milliseconds(50))
        }
        #expect(error.code == .timeout)
        #expect(error.sqlState == "57014")
        #expect(try await connection.value("SELECT 1") == .integer(1))
        let late = try await failure { _ = try await connection.execute("SELECT 1", deadline: .now) }
        #expect(late.code == .timeout)
        await connection.close()
    }

    @Test func commitAndRollbackGoOnAlthoughTheTaskIsCancelled() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i int)")
        for commits in [true, false] {
            try await connection.begin()
            try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                if commits { _ = try await connection.commit() } else { try await connection.rollback() }
            }
            task.cancel()
            try await task.value
        }
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(1))
        await connection.close()
    }

    @Test func cancelledConnectEnds() async throws {
        // A port that takes connections and says nothing.
        let silent = try SilentPort()
        let source = try PostgresDataSource("postgresql://u@127.0.0.1:\(silent.port)/d?sslmode=disable")
        let task = Task { try await source.connect(to: nil, deadline: .now + .seconds(600)) }
        try await silent.waitUntilConnected()
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        let error = try await failure {
            _ = try await source.connect(to: nil, deadline: .now + .milliseconds(50))
        }
        #expect(error.code == .connectionLost)
    }

    private func waitUntilActive(_ sql: String, _ observer: any DataSourceConnection) async throws {
        try await eventually {
            try await observer.value(
                "SELECT count(*) FROM pg_stat_activity WHERE starts_with(query, \(sql)) AND state = 'active'")
                == .integer(1)
        }
    }
}
