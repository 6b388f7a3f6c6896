import Tandem
import TandemEmbedded
import TandemTransactions
import Testing

@Suite(.serialized) struct DeadlineTests {
    @Test(arguments: [true, false]) func aDeadlineStopsItsStatementAndNoOther(_ inTransaction: Bool) async throws {
        try await NodePair.with { pair in
            let (connection, other) = (try await pair.connection(), try await pair.connection())
            if inTransaction { try await connection.begin() }
            await expect(.timeout, sqlState: "57014") {
                try await connection.run(endless, deadline: .now + .milliseconds(30))
            }
            await expect(inTransaction ? .transactionAborted : .timeout) {
                try await connection.run("SELECT 1", deadline: .now - .seconds(1))
            }
            try await connection.rollback()
            #expect(try await other.integer("SELECT copies FROM book WHERE id = 1") == 10)
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1", deadline: .now + .seconds(5))
        }
    }

    @Test func aWriteBeyondItsDeadlineCanBeSavedByASavepointOnlyIfItOnlyRead() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.begin()
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
            try await connection.setSavepoint("s", deadline: nil)
            await expect(.timeout) { try await connection.run(endless, deadline: .now + .milliseconds(30)) }
            try await connection.rollback(toSavepoint: "s")
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 11)
            await expect(.timeout) {
                try await connection.run(
                    "INSERT INTO book (title) " + endless, deadline: .now + .milliseconds(30))
            }
            // SQLite rolls everything back when it stops a write.
            await expect(.timeout) { try await connection.rollback(toSavepoint: "s") }
            try await connection.rollback()
            #expect(try await pair.copies() == 10)
        }
    }

    @Test func readersThatAreAllBusyAreWaitedForUntilTheDeadline() async throws {
        try await NodePair.with {
            $0.maximumReaders = 2
        } _: { pair in
            let holders = [try await pair.connection(), try await pair.connection()]
            for holder in holders {
                try await holder.begin(readOnly: true)
                try await holder.run("SELECT 1")
            }
            let connection = try await pair.connection()
            await expect(.timeout) { try await connection.run("SELECT 1", deadline: .now + .milliseconds(30)) }
            let waiting = Task { try await connection.run("SELECT 1") }
            try await Task.sleep(for: .milliseconds(10))
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            // The holders are not kept from going on by those who wait.
            let other = try await pair.connection()
            let patient = (0..<8).map { _ in Task { try await pair.connection().integer("SELECT 1") } }
            for holder in holders {
                try await holder.run("SELECT 2")
                _ = try await holder.commit()
            }
            for task in patient { #expect(try await task.value == 1) }
            #expect(try await other.integer("SELECT 3") == 3)
        }
    }
}
