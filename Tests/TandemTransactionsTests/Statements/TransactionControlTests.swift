import Testing

@testable import TandemTransactions

@Suite struct TransactionControlTests {
    @Test(arguments: [
        "COMMIT", " \n commit work", "COMMIT AND CHAIN", "END", "abort", "ROLLBACK", "ROLLBACK WORK",
        "Rollback And Chain",
        "rollback transaction", "BEGIN", "BEGIN READ ONLY", "START TRANSACTION", "PREPARE TRANSACTION 'a'", "; COMMIT",
        "/* a */ -- b\n# c\nCOMMIT",
    ]) func statementsThatBeginOrEndATransactionAreTold(text: String) {
        #expect(Statement(text).controlsTransaction)
    }

    @Test(arguments: [
        "SAVEPOINT a", "ROLLBACK TO a", "ROLLBACK WORK TO SAVEPOINT a", "rollback transaction to a", "RELEASE a",
        "BEGIN NOT ATOMIC SELECT 1; END", "START SLAVE", "PREPARE a AS SELECT 1", "SELECT 1", "committed", "",
        "/* open",
        "SET a = 1", "CALL commit()",
    ]) func othersAreNot(text: String) {
        #expect(!Statement(text).controlsTransaction)
    }

    @Test func insideOfATransactionTheyAreNotSent() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction {
            try await database.execute("INSERT")
            let error = await #expect(throws: DatabaseError.self) { try await database.execute("COMMIT") }
            #expect(error?.code == .illegalTransactionState && error?.sqlState == "25000")
        }
        try await database.transaction(readOnly: true, propagation: .supports) {
            await #expect(throws: DatabaseError.self) { try await database.execute("COMMIT") }
        }
        #expect(!source.events.dropLast().contains("M1 COMMIT"))
    }
}
