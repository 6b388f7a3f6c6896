import Foundation
import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct CancellationTests {
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
