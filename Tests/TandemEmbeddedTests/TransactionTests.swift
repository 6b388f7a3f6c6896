import GRDB
import Tandem
import TandemEmbedded
import TandemTransactions
import Testing

@Suite(.serialized) struct TransactionTests {
    @Test func aTransactionLastsAcrossAwaitsAndIsSeenByOthersOnceItIsCommitted() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.begin()
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
            await Task.yield()
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 11)
            #expect(try await pair.copies() == 10)
            let position = try await connection.commit()
            #expect(position?.engine == .tandem)
            #expect(try await pair.copies() == 11)
        }
    }

    @Test func whatIsRolledBackIsGone() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.begin()
            try await connection.run("DELETE FROM book")
            try await connection.rollback()
            #expect(try await pair.copies() == 10)
            try await connection.rollback()  // Without a transaction nothing happens.
        }
    }

    @Test func gRDBAndStatementsShareATransaction() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.begin()
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
            try await connection.connection.write { try $0.execute(sql: "UPDATE book SET copies = copies + 1") }
            let seen = try await connection.connection.read { db in
                try Int.fetchAll(db, sql: "SELECT copies FROM book ORDER BY id")
            }
            #expect(seen == [12, 21])
            _ = try await connection.commit()
            #expect(try await pair.copies() == 12)
        }
    }

    @Test func withoutATransactionEachStatementIsFinal() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
            #expect(try await pair.copies() == 11)
        }
    }

    @Test func aReadWriteTransactionThatHasOnlyReadDoesNotHoldTheWriter() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.begin()
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 10)
            try await pair.expectFreeWriter()
            // Each statement sees the latest committed state.
            try await pair.primary.write { try $0.execute(sql: "UPDATE book SET copies = 15 WHERE id = 1") }
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 15)
            try await connection.run("UPDATE book SET copies = copies + 1 WHERE id = 1")
            _ = try await connection.commit()
            #expect(try await pair.copies() == 16)
        }
    }

    @Test func aSecondWriterWaitsForTheFirst() async throws {
        try await NodePair.with { pair in
            let (first, second) = (try await pair.connection(), try await pair.connection())
            try await first.begin()
            try await first.run("UPDATE book SET copies = copies * 2 WHERE id = 1")
            try await second.begin()
            let waiting = Task {
                try await second.run("UPDATE book SET copies = copies + 1 WHERE id = 1")
                return try await second.commit()
            }
            _ = try await first.commit()
            #expect(try await waiting.value != nil)
            #expect(try await pair.copies() == 21)
        }
    }

    @Test func whoWaitsTooLongForTheWriterGetsALockTimeout() async throws {
        try await NodePair.with {
            $0.lockTimeout = .seconds(1)
        } _: { pair in
            let (first, second) = (try await pair.connection(), try await pair.connection())
            try await first.begin()
            try await first.run("UPDATE book SET copies = 11 WHERE id = 1")
            try await second.begin()
            await expect(.lockTimeout, sqlState: "55P03") { try await second.run("DELETE FROM book") }
            await expect(.transactionAborted, sqlState: "25P02") { try await second.run("SELECT 1") }
            try await second.rollback()
            await expect(.timeout) { try await second.run("DELETE FROM book", deadline: .now + .milliseconds(10)) }
            _ = try await first.commit()
            #expect(try await pair.copies() == 11)
        }
    }

    @Test func savepointsNest() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.begin()
            try await connection.setSavepoint("outer", deadline: nil)  // Before the writer is there.
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
            try await connection.setSavepoint("inner \"quoted\"", deadline: nil)
            try await connection.run("UPDATE book SET copies = 12 WHERE id = 1")
            await expect(.uniqueViolation) { try await connection.run("INSERT INTO book VALUES (3, 'Emma', 1)") }
            await expect(.transactionAborted) { try await connection.run("SELECT 1") }
            try await connection.rollback(toSavepoint: "inner \"quoted\"")
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 11)
            try await connection.run("UPDATE book SET copies = 22 WHERE id = 2")
            try await connection.releaseSavepoint("inner \"quoted\"")
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 2") == 22)
            try await connection.rollback(toSavepoint: "outer")
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 10)
            await expect(.other, sqlState: "3B001") { try await connection.releaseSavepoint("none") }
            try await connection.rollback(toSavepoint: "outer")
            try await connection.run("UPDATE book SET copies = 13 WHERE id = 1")
            _ = try await connection.commit()
            #expect(try await pair.copies(1) == 13)
            #expect(try await pair.copies(2) == 20)
        }
    }

    @Test func aFailureWithoutSavepointEndsTheTransactionAndFreesTheWriter() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.begin()
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
            await expect(.uniqueViolation, sqlState: "23505") {
                try await connection.run("INSERT INTO book VALUES (3, 'Emma', 1)")
            }
            try await pair.expectFreeWriter()
            await expect(.transactionAborted) { _ = try await connection.commit() }
            #expect(try await pair.copies() == 10)
            try await connection.run("UPDATE book SET copies = 12 WHERE id = 1")
            #expect(try await pair.copies() == 12)
        }
    }

    @Test func whoDoesNothingWhileHoldingTheWriterIsRolledBack() async throws {
        try await NodePair.with {
            $0.idleInTransactionTimeout = .milliseconds(100)
        } _: { pair in
            let connection = try await pair.connection()
            try await connection.begin()
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
            try await pair.expectFreeWriter()  // It waits until the time is over.
            await expect(.timeout, sqlState: "25P03") { try await connection.run("SELECT 1") }
            await expect(.timeout, sqlState: "25P03") { _ = try await connection.commit() }
            #expect(try await pair.copies() == 10)
            try await connection.run("UPDATE book SET copies = 12 WHERE id = 1")
        }
    }

    @Test func stoppingTheNodeEndsOpenTransactions() async throws {
        let pair = try await NodePair.start()
        let (writer, reader) = (try await pair.connection(), try await pair.connection())
        try await writer.begin()
        try await writer.run("UPDATE book SET copies = 11 WHERE id = 1")
        try await reader.begin(readOnly: true)
        try await reader.run("SELECT 1")
        let waiting = Task { try await pair.connection().run("DELETE FROM book") }
        await pair.stop()
        await expect(.serverUnavailable) { _ = try await writer.commit() }
        await expect(.serverUnavailable) { try await reader.run("SELECT 1") }
        await expect(.serverUnavailable) { try await waiting.value }
        try await reader.rollback()
        #expect(!writer.isUsable)
    }

    @Test func aConnectionThatIsLetGoRollsBack() async throws {
        try await NodePair.with { pair in
            var connection: EmbeddedConnection? = try await pair.connection()
            try await connection?.begin()
            try await connection?.run("UPDATE book SET copies = 11 WHERE id = 1")
            connection = nil
            try await pair.expectFreeWriter()
            #expect(try await pair.copies() == 10)
        }
    }

    @Test func aDoubtfulCommitIsOfUnknownOutcomeAndNamesItsPosition() async throws {
        let pair = try await NodePair.start { $0.commitTimeout = .milliseconds(200) }
        let connection = try await pair.connection()
        await pair.replica.stop()
        try await connection.begin()
        try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
        do {
            _ = try await connection.commit()
            Issue.record("committed without its replica")
        } catch let error as TandemTransactions.DatabaseError {
            #expect(error.code == .outcomeUnknown && error.sqlState == "40003")
            #expect(error.position?.engine == .tandem)
        }
        await pair.primary.stop()
    }
}
