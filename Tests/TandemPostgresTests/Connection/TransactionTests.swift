import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

/// What reaches the server of a transaction. In one that it has ended, or not begun, nothing may run that would be final at
/// once.
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

    @Test func isolationAndReadOnlyReachTheServer() async throws {
        let connection = try await Bed.connection()
        for (isolation, name) in [
            (IsolationLevel.serverDefault, "read committed"), (.readCommitted, "read committed"),
            (.repeatableRead, "repeatable read"), (.serializable, "serializable"),
        ] {
            for isReadOnly in [true, false] {
                try await connection.begin(
                    TransactionCharacteristics(isReadOnly: isReadOnly, isolation: isolation), deadline: nil)
                let row = try #require(
                    try await connection.run(
                        "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
                    ).rows.first)
                #expect(row.values == [.text(name), .text(isReadOnly ? "on" : "off")])
                try await connection.rollback()
            }
        }
        await connection.close()
    }

    @Test func savepointTakesBackWhatFollowedIt() async throws {
        let connection = try await Bed.connection()
        try await connection.begin()
        try await connection.setSavepoint("a \"b\"", deadline: nil)
        try await connection.run("CREATE TABLE never (i int)")
        _ = try await failure { try await connection.run("SELECT 1 / 0") }
        try await connection.rollback(toSavepoint: "a \"b\"")
        #expect(try await connection.value("SELECT to_regclass('never') IS NULL") == .boolean(true))
        try await connection.releaseSavepoint("a \"b\"")
        _ = try await connection.commit()
        await connection.close()
    }
}
