import TandemPostgres
import TandemTestServers
import TandemTransactions
import Testing

@Suite(.serialized) struct CursorTests {
    @Test func millionRowsPassInBoundedMemory() async throws {
        let connection = try await Bed.connection()
        try await connection.begin(isReadOnly: true)
        let cursor = try await connection.openCursor(
            "SELECT generate_series(1, 1000000), repeat('x', 300)", deadline: nil)
        var count = 0
        var sum: Int64 = 0
        let before = try residentBytes()
        var most = before
        while let rows = try await cursor.next(1000) {
            #expect((1...1000).contains(rows.count))
            for row in rows { if case .integer(let number) = row[0] { sum += number } }
            if count / 100_000 != (count + rows.count) / 100_000 { most = max(most, try residentBytes()) }
            count += rows.count
        }
        #expect(count == 1_000_000)
        #expect(sum == 500_000_500_000)
        // The rows are 300 MB and more; other tests take some memory meanwhile.
        #expect(most - before < 250_000 << 10, "grew by \(most - before) bytes")
        await cursor.close()
        _ = try await connection.commit()
        await connection.close()
    }

    @Test func closedCursorEndsItsStatementAndFreesTheConnection() async throws {
        let connection = try await Bed.connection()
        let cursor = try await connection.openCursor(
            "SELECT generate_series(1, 100000000), repeat('x', 1000)", deadline: nil)
        #expect(try await cursor.next(10)?.isEmpty == false)
        let error = try await failure { try await connection.run("SELECT 1") }
        #expect(error.code == .illegalTransactionState)
        await cursor.close()
        #expect(try await connection.value("SELECT 1") == .integer(1))
        let closed = try await failure { _ = try await cursor.next(1) }
        #expect(closed.code == .illegalTransactionState)
        await connection.close()
    }

    @Test func cursorThatIsNotClosedIsEndedByTheTransactionsEnd() async throws {
        let connection = try await Bed.connection()
        try await connection.begin()
        _ = try await connection.openCursor("SELECT generate_series(1, 100000000)", deadline: nil).next(1)
        try await connection.rollback()
        #expect(try await connection.value("SELECT 1") == .integer(1))
        _ = try await connection.openCursor("SELECT generate_series(1, 100000000)", deadline: nil)
        await connection.reset()
        #expect(connection.isUsable)
        #expect(try await connection.value("SELECT 2") == .integer(2))
        await connection.close()
    }

    @Test func failingStatementThrowsWhenItsCursorIsOpened() async throws {
        let connection = try await Bed.connection()
        let error = try await failure {
            _ = try await connection.openCursor("SELECT 1 / \(0)::int", deadline: nil)
        }
        #expect(error.sqlState == "22012")
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    @Test func failureInTheMiddleEndsTheCursor() async throws {
        let connection = try await Bed.connection()
        let cursor = try await connection.openCursor(
            "SELECT 1 / (5000 - i) FROM generate_series(1, 10000) i", deadline: nil)
        let error = try await failure { while try await cursor.next(100) != nil {} }
        #expect(error.sqlState == "22012")
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    @Test func cursorIsCancelledByItsTaskAndByItsDeadline() async throws {
        let connection = try await Bed.connection()
        // The server sends the first rows only once there are more than it keeps together.
        let sql: Statement =
            "SELECT i, repeat('x', 1000), pg_sleep(i / 100 * 600) FROM generate_series(1, 200) i"
        let late = try await connection.openCursor(sql, deadline: .now + .milliseconds(100))
        let error = try await failure { while try await late.next(100) != nil {} }
        #expect(error.code == .timeout)

        let cursor = try await connection.openCursor(sql, deadline: nil)
        let task = Task { while try await cursor.next(100) != nil {} }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await cursor.close()
        #expect(try await connection.value("SELECT 1") == .integer(1))
        await connection.close()
    }

    @Test func cursorOfAStatementWithoutRowsIsEmpty() async throws {
        let connection = try await Bed.connection()
        let cursor = try await connection.openCursor("SELECT 1 WHERE false", deadline: nil)
        #expect(try await cursor.next(1) == nil)
        await cursor.close()
        await connection.close()
    }
}
