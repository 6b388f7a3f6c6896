import Foundation
import TandemTestServers
import TandemTransactions
import Testing

/// Connections to servers whose statements can be made to take long.
extension AcceptanceTests {
    private static let sleepers: [(Engines, String)] = [(.postgres, "pg_sleep"), (.mariadb, "SLEEP")]

    private func connection(to engine: Engines) async throws -> any DataSourceConnection {
        let source = try await Beds.shared.stand(on: engine).bed.dataSources().primary
        return try await source.connect(to: .primary, deadline: .now + .seconds(60))
    }

    /// Cancelled before it is sent, while it is sent, while it runs, when its answer is on its way, and after it.
    @Test(arguments: sleepers) func aLateCancellationNeverHitsTheNextStatement(
        engine: Engines, sleep: String
    ) async throws {
        let connection = try await connection(to: engine)
        var cancelled = 0
        for number in 0..<200 {
            let task = Task {
                try await connection.run("SELECT \(raw: sleep)(\(raw: "\(Double(number % 4) / 1000)")), \(number)")
            }
            for _ in 0..<(number % 20) * 25 { await Task.yield() }
            task.cancel()
            do {
                _ = try await task.value
            } catch is CancellationError {
                cancelled += 1
            }
            #expect(try await connection.value("SELECT \(raw: "\(number)")") == .integer(Int64(number)))
        }
        #expect(cancelled > 0, "no cancellation came early enough to show anything")
        #expect(connection.isUsable)
        await connection.close()
    }

    @Test(arguments: sleepers) func aDeadlineCancelsTheRunningStatement(engine: Engines, sleep: String) async throws {
        let connection = try await connection(to: engine)
        let error = try await failure {
            _ = try await connection.execute("SELECT \(raw: sleep)(600)", deadline: .now + .milliseconds(500))
        }
        #expect(error.code == .timeout)
        #expect(error.sqlState == "57014")
        #expect(try await connection.value("SELECT 1") == .integer(1))
        let late = try await failure { _ = try await connection.execute("SELECT 1", deadline: .now) }
        #expect(late.code == .timeout)
        await connection.close()
    }

    @Test(arguments: Engines.served) func commitAndRollbackGoOnAlthoughTheTaskIsCancelled(
        engine: Engines
    ) async throws {
        let connection = try await connection(to: engine)
        let table = "t_" + UUID().uuidString.prefix(8).lowercased()
        try await connection.run("CREATE TABLE \(identifier: table) (i INTEGER PRIMARY KEY)")
        for commits in [true, false] {
            try await connection.begin()
            try await connection.run("INSERT INTO \(identifier: table) VALUES (\(commits ? 1 : 2))")
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                if commits { _ = try await connection.commit() } else { try await connection.rollback() }
            }
            task.cancel()
            try await task.value
        }
        #expect(
            try await connection.value("SELECT SUM(i) FROM \(identifier: table)").flatMap { Int(sqlValue: $0) } == 1)
        await connection.close()
    }

    /// What fails is told apart: a transaction that has not begun, and a statement that has failed in one.
    @Test(arguments: Engines.served) func aTransactionBegunWithAStatementIsOneWhateverBecomesOfThat(
        engine: Engines
    ) async throws {
        let connection = try await connection(to: engine)
        let table = "t_" + UUID().uuidString.prefix(8).lowercased()
        try await connection.run("CREATE TABLE \(identifier: table) (i INTEGER PRIMARY KEY)")
        let insertion: Statement = "INSERT INTO \(identifier: table) VALUES (1)"
        func begin() async throws -> Result<StatementResult, any Error> {
            try await connection.begin(
                TransactionCharacteristics(), executing: insertion, deadline: .now + .seconds(60))
        }
        func count() async throws -> SQLValue? {
            try await connection.value("SELECT COUNT(*) FROM \(identifier: table)")
        }
        #expect(try await begin().get().affectedRows == 1)
        let second = try await failure { _ = try await begin() }
        #expect(second.sqlState == "25001", "\(second)")
        try await connection.rollback()
        #expect(try await count() == .integer(0))
        try await connection.run(insertion)
        let begun = try await begin()
        let failed = try await failure { _ = try begun.get() }
        #expect(failed.code == .uniqueViolation, "\(failed)")
        let refused = try await failure { try await connection.run("DELETE FROM \(identifier: table)") }
        #expect(refused.code == .transactionAborted, "\(refused)")
        try await connection.rollback()
        #expect(try await count() == .integer(1))
        await connection.close()
    }

    /// By an administrator, in the middle of a transaction.
    @Test(arguments: Engines.wired) func aConnectionThatTheServerEndsIsToldByItsCode(engine: Engines) async throws {
        let database = Database(primary: try await Beds.shared.stand(on: engine).bed.dataSources().primary)
        let administrator = try await connection(to: engine)
        let table = "t_" + UUID().uuidString.prefix(8).lowercased()
        try await administrator.run("CREATE TABLE \(identifier: table) (i INTEGER PRIMARY KEY)")
        let (asks, ends) =
            engine == .mariadb
            ? ("SELECT CONNECTION_ID()", "KILL ") : ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend")
        let error = try await failure {
            try await database.transaction(name: "Books.rename") {
                try await database.execute("INSERT INTO \(identifier: table) VALUES (1)")
                let number = try #require(try await database.queryOne(Statement(asks), as: Int.self))
                try await administrator.run(Statement(ends + (engine == .mariadb ? "\(number)" : "(\(number))")))
                // The server may do so a moment later.
                let limit = ContinuousClock.now + .seconds(60)
                while ContinuousClock.now < limit { _ = try await database.query("SELECT 1") }
            }
        }
        #expect(error.code == .connectionLost && error.isRetriable && error.isConnectionFailure, "\(error)")
        #expect(error.transaction == "Books.rename")
        #expect(try await database.queryOne("SELECT COUNT(*) FROM \(identifier: table)", as: Int.self) == 0)
        await administrator.close()
        await database.shutdown(grace: .zero)
    }

    @Test(arguments: Engines.wired) func aConnectThatIsCancelledEnds(engine: Engines) async throws {
        // A port that takes connections and says nothing.
        let silent = try SilentPort()
        let wire = try #require(try await Beds.shared.stand(on: engine).bed.wire)
        let source = try wire.source([silent.port])
        let task = Task { try await source.connect(to: nil, deadline: .now + .seconds(600)) }
        try await silent.waitUntilConnected()
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        let error = try await failure { _ = try await source.connect(to: nil, deadline: .now + .milliseconds(50)) }
        #expect(error.code == .connectionLost)
    }
}
