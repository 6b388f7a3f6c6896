import TandemEmbedded
import TandemTransactions
import Testing

@Suite(.serialized) struct PoolTests {
    /// A session has no settings here that a reset could take away, hence nothing is run twice.
    @Test func theInitialStatementsOfAPoolAreRunOnceOnEachConnection() async throws {
        try await NodePair.with { pair in
            let pool = ConnectionPool(
                EmbeddedDataSource(pair.primary),
                configuration: try PoolConfiguration(
                    maximumSize: 1, initialStatements: ["UPDATE book SET copies = copies + \(1) WHERE id = 1"]))
            for _ in 1...3 {
                let copies = try await pool.withConnection { connection in
                    try await connection.integer("SELECT copies FROM book WHERE id = 1")
                }
                #expect(copies == 11)
            }
            #expect(try await pair.copies() == 11)
            await pool.shutdown()
        }
    }

    @Test func aReplicaRefusesInitialStatementsThatWrite() async throws {
        try await NodePair.with { pair in
            let pool = ConnectionPool(
                EmbeddedDataSource(pair.replica),
                configuration: try PoolConfiguration(
                    maximumSize: 1, initializationFailTimeout: .zero,
                    initialStatements: ["UPDATE book SET copies = copies + 1"]))
            await expect(.readOnlyTransaction, sqlState: "25006") { try await pool.withConnection { _ in } }
            await pool.shutdown()
        }
    }
}
