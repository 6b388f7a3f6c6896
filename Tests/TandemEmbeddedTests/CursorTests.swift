import Tandem
import TandemEmbedded
import TandemTransactions
import Testing

@Suite(.serialized) struct CursorTests {
    @Test(arguments: ["alone", "reading", "writing"]) func aCursorFetchesPieceByPiece(_ place: String) async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            if place != "alone" { try await connection.begin(readOnly: place == "reading") }
            if place == "writing" { try await connection.run("UPDATE book SET copies = 11") }
            let series: Statement = """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(1_000_000)) SELECT i FROM n
                """
            let cursor = try await connection.openCursor(series, deadline: nil)
            var (count, pieces) = (0, 0)
            while let rows = try await cursor.next(100_000) {
                #expect(rows.count <= 100_000)
                #expect(rows.first?[0] == .integer(Int64(count + 1)))
                (count, pieces) = (count + rows.count, pieces + 1)
            }
            #expect(count == 1_000_000 && pieces == 10)
            await cursor.close()
            let early = try await connection.openCursor(series, deadline: nil)
            #expect(try await early.next(1)?.count == 1)
            await expect(.other, sqlState: "55006") { try await connection.run("SELECT 1") }
            await early.close()
            if place == "alone" {
                #expect(try await connection.integer("SELECT 1") == 1)
            } else {
                // The cursor's call that came too early has failed the transaction no more than it ran.
                try await connection.rollback()
            }
            try await pair.expectFreeWriter()
        }
    }

    @Test func aCursorOfAWriteOutsideOfATransactionGivesItsRows() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            let cursor = try await connection.openCursor("DELETE FROM book RETURNING title", deadline: nil)
            #expect(try await cursor.next(1)?.count == 1)
            #expect(try await cursor.next(5)?.count == 1)
            #expect(try await cursor.next(5) == nil)
            await cursor.close()
            #expect(try await pair.copies() == nil)
        }
    }

    @Test func aCursorOfWhatDoesNotRunHereFailsItsTransaction() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            await expect(.other, sqlState: "0A000") { _ = try await connection.openCursor("COMMIT", deadline: nil) }
            try await connection.begin()
            await expect(.other, sqlState: "0A000") { _ = try await connection.openCursor("COMMIT", deadline: nil) }
            await expect(.transactionAborted) { try await connection.run("SELECT 1") }
            _ = try await connection.rollback()
        }
    }

    @Test func aTransactionMayEndWithItsCursorOpen() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            for writes in [false, true] {
                try await connection.begin()
                if writes { try await connection.run("UPDATE book SET copies = 11") }
                let cursor = try await connection.openCursor("SELECT id FROM book", deadline: nil)
                _ = try await cursor.next(1)
                try await connection.rollback()
                await #expect(throws: (any Error).self) { _ = try await cursor.next(1) }
                await cursor.close()
                try await pair.expectFreeWriter()
                // One that is let go without an end does no harm either.
                try await connection.begin()
                if writes { try await connection.run("UPDATE book SET copies = 11") }
                _ = try await connection.openCursor("SELECT id FROM book", deadline: nil)
                #expect(try await connection.integer("SELECT 1") == 1)
                try await connection.rollback()
            }
            #expect(try await pair.copies() == 10)
        }
    }
}
