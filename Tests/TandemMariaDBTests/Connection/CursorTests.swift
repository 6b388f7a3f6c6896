import TandemMariaDB
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct CursorTests {
    @Test func millionRowsPassInBoundedMemory() async throws {
        let connection = try await Bed.connection()
        let cursor = try await connection.openCursor(
            "SELECT seq, REPEAT('x', 1000) FROM seq_1_to_1000000", deadline: nil)
        var (count, sum, peak) = (0, 0, 0)
        let before = try residentBytes()
        while let rows = try await cursor.next(1000) {
            #expect(rows.count <= 1000)
            count += rows.count
            for row in rows { sum += Int(sqlValue: row[0]) ?? 0 }
            if count.isMultiple(of: 100_000) { peak = max(peak, try residentBytes()) }
        }
        await cursor.close()
        #expect(count == 1_000_000 && sum == 500_000_500_000)
        // All rows at once would be more than 1 GB; other tests need memory beside this one.
        #expect(peak - before < 400 << 20, "grew by \(peak - before) bytes")
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    @Test(arguments: [0, 1, 50, 150, 5000]) func cursorClosedEarlyLeavesTheConnectionUsable(taken: Int) async throws {
        let connection = try await Bed.connection()
        try await connection.begin()
        for _ in 0..<3 {
            let cursor = try await connection.openCursor(
                "SELECT seq, REPEAT('x', 1000) FROM seq_1_to_1000000", deadline: Bed.soon)
            if taken > 0 { #expect(try await cursor.next(taken)?.count == taken) }
            await cursor.close()
            await cursor.close()
            #expect(try await connection.value("SELECT \(taken)") == .integer(Int64(taken)))
        }
        #expect(connection.isUsable)
        _ = try await connection.commit()
        await connection.close()
    }

    @Test func noOtherStatementRunsWhileACursorIsOpen() async throws {
        let connection = try await Bed.connection()
        let cursor = try await connection.openCursor("SELECT seq FROM seq_1_to_10", deadline: Bed.soon)
        let error = try await failure { try await connection.run("SELECT 1") }
        #expect(error.code == .illegalTransactionState)
        #expect(try await cursor.next(4)?.count == 4)
        #expect(try await cursor.next(100)?.count == 6)
        #expect(try await cursor.next(1) == nil)
        await cursor.close()
        let closed = try await failure { _ = try await cursor.next(1) }
        #expect(closed.code == .illegalTransactionState)
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    @Test func cancelledFetchEndsTheStatement() async throws {
        let connection = try await Bed.connection()
        // The server sends its rows slowly, and in pieces.
        let cursor = try await connection.openCursor(
            "SELECT SLEEP(0.01), REPEAT('x', 10000) FROM seq_1_to_100000", deadline: nil)
        let task = Task { while try await cursor.next(10) != nil {} }
        for _ in 0..<100 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.value("SELECT 5") == .integer(5))
        await connection.close()
    }

    @Test func errorInTheMiddleOfTheRowsIsTold() async throws {
        let connection = try await Bed.connection()
        let cursor = try await connection.openCursor(
            "SELECT REPEAT('x', 1000), (SELECT 1 FROM seq_1_to_2 s WHERE s.seq + 29999 <= t.seq) FROM seq_1_to_30001 t",
            deadline: Bed.soon)
        let error = try await failure { while try await cursor.next(100) != nil {} }
        #expect(error.sqlState == "21000")
        await cursor.close()
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    /// A definition commits what was before it; what follows is one transaction again.
    @Test(arguments: [true, false]) func streamedDefinitionIsFollowedByATransaction(isReadToItsEnd: Bool) async throws {
        let connection = try await Bed.connection()
        let (table, second) = (Bed.table(), Bed.table())
        try await connection.run("CREATE TABLE \(identifier: table) (i INT)")
        try await connection.begin()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (1)")
        let cursor = try await connection.openCursor("CREATE TABLE \(identifier: second) (i INT)", deadline: Bed.soon)
        if isReadToItsEnd { #expect(try await cursor.next(1) == nil) }
        await cursor.close()
        try await connection.run("INSERT INTO \(identifier: table) VALUES (2)")
        try await connection.rollback()
        #expect(try await connection.value("SELECT SUM(i) FROM \(identifier: table)") == .decimal(1))
        await connection.close()
    }

    @Test(arguments: ["COMMIT", "ROLLBACK"]) func streamedStatementCannotEndTheTransaction(
        statement: String
    ) async throws {
        let connection = try await Bed.connection()
        try await connection.begin()
        let read = try await connection.openCursor(Statement(statement), deadline: Bed.soon)
        #expect(try await failure { _ = try await read.next(1) }.code == .illegalTransactionState)
        await read.close()
        try await connection.rollback()
        // Where nobody reads it, what follows must not be kept one by one.
        try await connection.begin()
        let unread = try await connection.openCursor(Statement(statement), deadline: Bed.soon)
        await unread.close()
        #expect(try await failure { try await connection.run("SELECT 1") }.code == .transactionAborted)
        try await connection.rollback()
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }
}
