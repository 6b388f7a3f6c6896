import Dispatch
import GRDB
import Tandem
import TandemEmbedded
import TandemTransactions
import Testing

@Suite(.serialized) struct ErrorTests {
    @Test(arguments: [
        ("SELEKT 1", "42601"), ("SELECT * FROM none", "42P01"), ("SELECT none FROM book", "42703"),
        ("INSERT INTO book (title) VALUES (NULL)", "23502"), ("INSERT INTO book VALUES (1, 'x', 1)", "23505"),
        ("INSERT OR ROLLBACK INTO book VALUES (1, 'x', 1)", "23505"),
        ("BEGIN", "0A000"), ("COMMIT", "0A000"), ("SAVEPOINT s", "0A000"), ("VACUUM", "0A000"),
        ("SELECT 1; SELECT 2", "42601"), ("SELECT $1", "42P02"), ("TRUNCATE book, absent", "42P01"),
        ("DECLARE c CURSOR FOR SELECT 1", "0A000"), ("FETCH c", "0A000"), ("EXECUTE p", "0A000"),
        ("COPY book FROM STDIN", "0A000"), ("CREATE ROLE r", "0A000"),
    ]) func failuresHaveTheirSQLSTATE(_ sql: String, _ state: String) async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            for begins in [false, true] {
                if begins { try await connection.begin() }
                do {
                    try await connection.run(Statement(sql))
                    Issue.record("did not fail")
                } catch let error as TandemTransactions.DatabaseError {
                    #expect(error.sqlState == state, "\(error)")
                    #expect(error.statement == sql && error.server == pair.primary.address.description)
                }
            }
            await expect(.transactionAborted) { try await connection.run("SELECT 1") }
            try await connection.rollback()
            #expect(try await pair.copies() == 10)
        }
    }

    @Test func aParametersValueIsNotPartOfAnError() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            do {
                try await connection.run("SELECT date_trunc('day', \("secret"))")
                Issue.record("did not fail")
            } catch let error as TandemTransactions.DatabaseError {
                #expect(error.code == .invalidValue)
                #expect(error.message == "invalid input syntax for a date, timestamp or interval: (not shown)")
            }
        }
    }

    @Test func aConstraintsTableAndColumnAreNamed() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            do {
                try await connection.run("INSERT INTO book (title) VALUES ('Emma')")
                Issue.record("did not fail")
            } catch let error as TandemTransactions.DatabaseError {
                #expect(error.code == .uniqueViolation && error.table == "book" && error.column == "title")
            }
        }
    }

    @Test func aDeferredForeignKeyFailsTheCommit() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            try await connection.run(
                "CREATE TABLE loan (book INTEGER REFERENCES book (id) DEFERRABLE INITIALLY DEFERRED)")
            try await connection.begin()
            try await connection.run("INSERT INTO loan VALUES (99)")
            await expect(.foreignKeyViolation, sqlState: "23503") { _ = try await connection.commit() }
            #expect(try await connection.integer("SELECT count(*) FROM loan") == 0)
        }
    }

    @Test func callsThatDoNotFitAreRefusedAndDoNoHarm() async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            await expect(.other, sqlState: "25P01") { _ = try await connection.commit() }
            await expect(.other, sqlState: "25P01") { try await connection.setSavepoint("s", deadline: nil) }
            try await connection.begin()
            await expect(.other, sqlState: "25001") { try await connection.begin() }
            try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
            let (begun, running) = AsyncStream.makeStream(of: Void.self)
            let gate = DispatchSemaphore(value: 0)
            let slow = Task {
                try await connection.connection.read { _ in
                    running.finish()
                    gate.wait()
                }
            }
            for await _ in begun {}
            await expect(.other, sqlState: "55006") { try await connection.run("SELECT 1") }
            await expect(.other, sqlState: "55006") { try await connection.rollback() }
            gate.signal()
            try await slow.value
            #expect(try await connection.integer("SELECT copies FROM book WHERE id = 1") == 11)
            try await connection.rollback()
            await connection.close()
            await expect(.other, sqlState: "55006") { try await connection.run("SELECT 1") }
            #expect(!connection.isUsable)
            #expect(try await pair.copies() == 10)
        }
    }
}
