import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

/// Transactions that the server has ended, or not begun: nothing may run in them that would be final at once.
@Suite(.serialized) struct TransactionTests {
    @Test(arguments: ["COMMIT", "ROLLBACK", "/* at last */ END", "ABORT"], [false, true])
    func statementThatEndsTheTransactionIsItsLast(text: String, isStreamed: Bool) async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        try await connection.run("CREATE TABLE \(identifier: table) (i int)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        let error = try await failure {
            if isStreamed {
                _ = try await connection.openCursor(Statement(text), deadline: Bed.soon)
            } else {
                try await connection.run(Statement(text))
            }
        }
        #expect(error.code == .illegalTransactionState && error.sqlState == "25000", "\(error)")
        let next = try await failure { try await connection.run("INSERT INTO \(identifier: table) VALUES (2)") }
        #expect(next.code == .transactionAborted && next.sqlState == "25P02")
        let stream = try await failure { _ = try await connection.openCursor("SELECT 1", deadline: Bed.soon) }
        #expect(stream.code == .transactionAborted)
        let commit = try await failure { _ = try await connection.commit() }
        #expect(commit.code == .transactionAborted)
        #expect(try await connection.value("SELECT count(*) FROM \(identifier: table) WHERE i = 2") == .integer(0))
        await connection.close()
    }

    /// A hot standby has no serializable transactions, and says so when it begins one.
    @Test func nothingRunsInATransactionThatCouldNotBeBegun() async throws {
        let connection = try await Bed.connection(to: .replica)
        try await connection.begin(isolation: .serializable)
        let error = try await failure { try await connection.run("SELECT 1") }
        #expect(error.sqlState == "0A000")
        let next = try await failure { try await connection.run("SELECT 1") }
        #expect(next.code == .transactionAborted)
        try await connection.rollback()
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }
}
