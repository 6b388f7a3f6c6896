import GRDB
import Tandem
import TandemEmbedded
import TandemTransactions
import Testing

@Suite(.serialized) struct CancellationTests {
    /// A transaction of some steps cancels itself before each of them, and after all.
    @Test func aTransactionCancelledBeforeAStepGoesNoFurther() async throws {
        try await NodePair.with { pair in
            for place in 0...6 {
                let before = try await pair.copies()
                let connection = try await pair.connection()
                let task = Task {
                    var step = 0
                    func next() {
                        if step == place { withUnsafeCurrentTask { $0?.cancel() } }
                        step += 1
                    }
                    do {
                        try await connection.begin()
                        next()
                        _ = try await connection.integer("SELECT copies FROM book WHERE id = 1")
                        next()
                        try await connection.run("UPDATE book SET copies = copies + 1 WHERE id = 1")
                        next()
                        try await connection.run("UPDATE book SET copies = copies + 1 WHERE id = 2")
                        next()
                        let cursor = try await connection.openCursor("SELECT id FROM book", deadline: nil)
                        next()
                        _ = try await cursor.next(1)
                        next()
                        await cursor.close()
                        next()
                        return try await connection.commit() != nil
                    } catch is CancellationError {
                        try await connection.rollback()
                        return false
                    }
                }
                // COMMIT and the end of a cursor go on although the task is cancelled.
                #expect(try await task.value == (place >= 5), "place \(place)")
                #expect(try await pair.copies() == before.map { place >= 5 ? $0 + 1 : $0 }, "place \(place)")
                try await pair.expectFreeWriter()
            }
        }
    }

    /// The same from outside, at whatever moment it is then.
    @Test func aCancelledTransactionIsCommittedOrNotAtAllAndTheWriterIsFree() async throws {
        try await NodePair.with { pair in
            for round in 0..<300 {
                let before = try await pair.copies()
                let connection = try await pair.connection()
                let task = Task {
                    do {
                        try await connection.begin()
                        _ = try await connection.integer("SELECT copies FROM book WHERE id = 1")
                        try await connection.setSavepoint("s", deadline: nil)
                        try await connection.run("UPDATE book SET copies = copies + 1 WHERE id = 1")
                        try await connection.run("UPDATE book SET copies = copies + 1 WHERE id = 2")
                        try await connection.releaseSavepoint("s")
                        let cursor = try await connection.openCursor("SELECT id FROM book", deadline: nil)
                        _ = try await cursor.next(1)
                        await cursor.close()
                        return try await connection.commit() != nil
                    } catch {
                        try await connection.rollback()
                        guard error is CancellationError else { throw error }
                        return false
                    }
                }
                for _ in 0..<round % 100 { await Task.yield() }
                if round % 3 != 0 { try await Task.sleep(for: .microseconds(round * 10)) }
                task.cancel()
                let isCommitted = try await task.value
                let after = try await pair.copies()
                #expect(after == before.map { isCommitted ? $0 + 1 : $0 }, "round \(round)")
                #expect(try await pair.copies(2) == after.map { $0 + 10 }, "round \(round)")
                // The connection goes on, and the writer is free.
                try await connection.run("UPDATE book SET title = title", deadline: .now + .seconds(5))
                await connection.close()
            }
        }
    }

    @Test func aNestedCallThatIsCancelledCanBeRolledBackToItsSavepointByTheSameTask() async throws {
        try await NodePair.with { pair in
            for _ in 0..<50 {
                let connection = try await pair.connection()
                let task = Task {
                    try await connection.begin()
                    try await connection.run("UPDATE book SET copies = 11 WHERE id = 1")
                    try await connection.setSavepoint("s", deadline: nil)
                    withUnsafeCurrentTask { $0?.cancel() }
                    await #expect(throws: CancellationError.self) { try await connection.run("DELETE FROM book") }
                    try await connection.rollback(toSavepoint: "s")
                    return try await connection.commit()
                }
                _ = try await task.value
                #expect(try await pair.copies() == 11)
                try await pair.primary.write { try $0.execute(sql: "UPDATE book SET copies = 10 WHERE id = 1") }
            }
        }
    }

    @Test func whoIsCancelledWhileWaitingForTheWriterIsWithdrawn() async throws {
        try await NodePair.with { pair in
            let (first, second) = (try await pair.connection(), try await pair.connection())
            try await first.begin()
            try await first.run("UPDATE book SET copies = 11 WHERE id = 1")
            for hasBlock in [true, false] {
                let waiting = Task {
                    if hasBlock { try await second.begin() }
                    try await second.run("DELETE FROM book")
                }
                try await eventually("it waits") { pair.primary.waitingTransactions == 1 }
                waiting.cancel()
                await #expect(throws: CancellationError.self) { try await waiting.value }
                #expect(pair.primary.waitingTransactions == 0)
                try await second.rollback()
            }
            _ = try await first.commit()
            #expect(try await pair.copies() == 11)
        }
    }

    @Test(arguments: [true, false]) func aRunningStatementIsStopped(_ inTransaction: Bool) async throws {
        try await NodePair.with { pair in
            let connection = try await pair.connection()
            for write in [false, true] {
                if inTransaction {
                    try await connection.begin()
                    if write { try await connection.run("UPDATE book SET copies = 11 WHERE id = 1") }
                }
                let statement = write ? "INSERT INTO book (title) " + endless : endless
                let running = Task { try await connection.run(statement) }
                try await Task.sleep(for: .milliseconds(20))
                running.cancel()
                await #expect(throws: CancellationError.self) { try await running.value }
                try await connection.rollback()
                try await pair.expectFreeWriter()
            }
            #expect(try await pair.copies() == 10)
        }
    }
}
