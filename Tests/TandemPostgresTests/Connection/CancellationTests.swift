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
        try await eventually {
            try await observer.value(
                "SELECT count(*) FROM pg_stat_activity WHERE \(BlockedInsertion.isActive(into: table))") == .integer(1)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)") == .integer(0))
        await connection.close()
        await observer.close()
    }

    /// It was told as lost, with the connection.
    @Test func whatAStatementWasAnsweredIsToldAlthoughItsCancelRequestHangs() async throws {
        let insertion = try await BlockedInsertion.make()
        let connection = try await insertion.source.connect(to: .primary, deadline: Bed.soon)
        let task = Task { try await connection.run(insertion.statement) }
        try await insertion.waitUntilActive()
        insertion.holdCancelRequests()
        task.cancel()
        try await insertion.waitUntilCancelled()
        try await insertion.unblock()
        #expect(try await task.value.affectedRows == 1)
        #expect(!connection.isUsable, "the request may meet whatever comes next")
        #expect(try await insertion.count == 1)
        try await insertion.end()
    }

    /// It was told as in doubt, although the server had said that it ended it.
    @Test func aWriteThatTheServerEndedIsNotInDoubtAlthoughItsCancelRequestHangs() async throws {
        let insertion = try await BlockedInsertion.make()
        let database = Database(
            primary: insertion.source, configuration: .init(transactionTimeout: .seconds(10)))
        let task = Task { try await failure { try await database.execute(insertion.statement) } }
        try await insertion.waitUntilActive()
        insertion.holdCancelRequests()
        try await insertion.waitUntilCancelled()
        try await insertion.endOnServer()
        let error = try await task.value
        #expect(error.code == .timeout && error.sqlState == DatabaseError.statementEnded, "\(error)")
        #expect(database.poolStatus.allSatisfy { $0.idle == 0 }, "the request may meet whatever comes next")
        try await insertion.unblock()
        #expect(try await insertion.count == 0)
        await database.shutdown()
        try await insertion.end()
    }
}
