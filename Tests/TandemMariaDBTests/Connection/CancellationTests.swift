import Foundation
import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct CancellationTests {
    /// Cancelled before it is sent, while it is sent, while it runs, when its answer is on its way, and after it.
    @Test func lateCancellationNeverHitsTheNextStatement() async throws {
        let connection = try await Bed.connection()
        var cancelled = 0
        for number in 0..<200 {
            let task = Task { try await connection.run("SELECT SLEEP(\(Double(number % 4) / 1000)), \(number)") }
            for _ in 0..<(number % 20) * 25 { await Task.yield() }
            task.cancel()
            do {
                _ = try await task.value
            } catch is CancellationError {
                cancelled += 1
            }
            #expect(try await connection.value("SELECT \(number)") == .integer(Int64(number)))
        }
        #expect(cancelled > 0, "no cancellation came early enough to show anything")
        #expect(connection.isUsable)
        await connection.close()
    }

    @Test func cancelledStatementLeavesNothingOfItself() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i INT)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (7)")
        try await connection.setSavepoint("before", deadline: Bed.soon)
        let task = Task { try await connection.run("INSERT INTO \(identifier: table) SELECT SLEEP(600)") }
        try await waitUntilActive("INSERT INTO `\(table)` SELECT SLEEP")
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        try await connection.rollback(toSavepoint: "before")
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(1))
        _ = try await connection.commit()
        #expect(try await connection.value("SELECT SUM(i) FROM \(identifier: table)") == .decimal(7))
        await connection.close()
    }

    @Test func deadlineCancelsTheRunningStatement() async throws {
        let connection = try await Bed.connection()
        let error = try await failure {
            _ = try await connection.execute("SELECT SLEEP(600)", deadline: .now + .milliseconds(50))
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
        try await connection.run("CREATE TABLE \(identifier: table) (i INT)")
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
        let source = try MariaDBDataSource("mariadb://u@127.0.0.1:\(silent.port)/d")
        let task = Task { try await source.connect(to: nil, deadline: .now + .seconds(600)) }
        try await silent.waitUntilConnected()
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        let error = try await failure {
            _ = try await source.connect(to: nil, deadline: .now + .milliseconds(50))
        }
        #expect(error.code == .connectionLost)
    }

    private func waitUntilActive(_ sql: String) async throws {
        let primary = try await Bed.pair.primary
        try await eventually {
            try await primary.value(
                "SELECT count(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '\(sql)%' AND STATE = 'User sleep'"
            )
                == "1"
        }
    }
}
