import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct PreparedStatementTests {
    private let kept: Statement = "SELECT count(*) FROM pg_prepared_statements"

    @Test func statementIsPreparedWhenItComesAgain() async throws {
        let connection = try await Bed.connection()
        try await connection.run("SELECT \(1)::int")
        #expect(try await connection.value(kept) == .integer(0))
        try await connection.run("SELECT \(2)::int")
        // The question itself has come twice now.
        #expect(try await connection.value(kept) == .integer(2))
        await connection.close()
    }

    @Test func leastRecentlyUsedStatementsAreDeallocated() async throws {
        var options = PostgresOptions()
        options.statementCacheSize = 8
        let connection = try await Bed.connection(options: options)
        for number in 0..<100 {
            for _ in 0..<3 {
                let result = try await connection.value("SELECT \(raw: String(number))")
                #expect(result == .integer(Int64(number)))
            }
            await connection.reset()
        }
        let count = Int64(sqlValue: try await connection.value(kept) ?? .null) ?? 0
        #expect((1...16).contains(count))
        await connection.close()
    }

    @Test func withoutACacheNothingIsPrepared() async throws {
        var options = PostgresOptions()
        options.statementCacheSize = 0
        let connection = try await Bed.connection(options: options)
        for _ in 0..<3 { #expect(try await connection.value(kept) == .integer(0)) }
        await connection.close()
    }

    @Test func statementWhoseResultTypeHasChangedIsPreparedAnew() async throws {
        let connection = try await Bed.connection()
        let table = Bed.table()
        let all: Statement = "SELECT * FROM \(identifier: table)"
        try await connection.run("CREATE TABLE \(identifier: table) (i int)")
        try await connection.run("INSERT INTO \(identifier: table) VALUES (7)")
        for _ in 0..<3 { #expect(try await connection.value(all) == .integer(7)) }
        try await connection.run("ALTER TABLE \(identifier: table) ALTER i TYPE text, ADD j int DEFAULT 5")
        // Outside of a transaction, and as the first statement of one.
        let row = try #require(try await connection.run(all).rows.first)
        #expect(row.values == [.text("7"), .integer(5)])
        for _ in 0..<3 { _ = try await connection.run(all) }
        try await connection.run("ALTER TABLE \(identifier: table) DROP j")
        try await connection.begin()
        #expect(try await connection.run(all).rows.first?.values == [.text("7")])
        _ = try await connection.commit()

        // Later in a transaction its failure is the transaction's.
        for _ in 0..<3 { _ = try await connection.run(all) }
        try await connection.begin()
        try await connection.run("ALTER TABLE \(identifier: table) ADD k int")
        let error = try await failure { try await connection.run(all) }
        #expect(error.sqlState == "0A000")
        try await connection.rollback()
        #expect(try await connection.run(all).rows.first?.values == [.text("7")])
        await connection.close()
    }

    @Test(arguments: ["DEALLOCATE ALL", "DISCARD ALL"])
    func statementsThatTheProgramDeallocatesAreNotMissed(_ sql: String) async throws {
        let connection = try await Bed.connection()
        for _ in 0..<3 { try await connection.run("SELECT 'mine'") }
        try await connection.run(Statement(sql))
        for _ in 0..<4 { #expect(try await connection.value("SELECT 'mine'") == .text("mine")) }
        await connection.reset()
        for _ in 0..<4 { #expect(try await connection.value("SELECT 'mine'") == .text("mine")) }
        await connection.close()
    }

    @Test func largeParametersAndResultsPassInBothDirectionsAtOnce() async throws {
        let connection = try await Bed.connection()
        let large = String(repeating: "0123456789", count: 2_000_000)
        for _ in 0..<3 {
            let row = try #require(try await connection.run("SELECT \(large)::text, length(\(large)::text)").rows.first)
            #expect(row[0] == .text(large))
            #expect(row[1] == .integer(20_000_000))
        }
        await connection.close()
    }
}
