import TandemTransactions
import Testing

/// A server that lets one transaction write at a time.
@Suite struct OneWriterTests {
    private func database(failing code: DatabaseError.Code) -> Database {
        Database(
            primary: RecordingDataSource(writers: .one) { event in
                if event == "INSERT" { throw DatabaseError(code, "no") }
                return StatementResult()
            })
    }

    /// The inner one waited for the writer, which the outer one had, until its time was over.
    @Test func aWriteThatFailedInsideASavepointCountsAsOne() async throws {
        let database = database(failing: .uniqueViolation)
        try await database.transaction(name: "outer") {
            await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: .nested) { try await database.execute("INSERT") }
            }
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: .requiresNew, name: "inner") {
                    try await database.execute("UPDATE")
                }
            }
            #expect(error?.code == .illegalTransactionState && error?.message.contains("outer") == true)
        }
    }

    @Test func aWriteThatFailedWithoutASavepointHasNotTheWriterAnyMore() async throws {
        let database = database(failing: .uniqueViolation)
        try await database.transaction {
            await #expect(throws: DatabaseError.self) { try await database.execute("INSERT") }
            try await database.transaction(propagation: .requiresNew) { try await database.execute("UPDATE") }
        }
    }

    /// It was "at a statement without a transaction:0".
    @Test func aStatementByItselfThatCouldNeverWriteIsToldAsWhatItIs() async throws {
        let database = database(failing: .other)
        try await database.transaction(name: "outer") {
            try await database.execute("UPDATE")
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction(readOnly: true, propagation: .requiresNew) {
                    _ = try await database.query("SELECT 1")
                    try Transaction.current?.afterCommit { try await database.execute("DELETE") }
                }
            }
            let message = (error?.cause as? DatabaseError)?.message ?? ""
            #expect(message.hasPrefix("a statement without a transaction could never write: outer"), "\(message)")
        }
    }

    @Test func aStatementThatWasNotUnderstoodHasWrittenNothing() async throws {
        let database = database(failing: .invalidStatement)
        try await database.transaction {
            await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: .nested) { try await database.execute("INSERT") }
            }
            try await database.transaction(propagation: .requiresNew) { try await database.execute("UPDATE") }
        }
    }

    @Test func withOneWriterAWriterInsideAWriterFailsAtOnce() async throws {
        let source = RecordingDataSource(writers: .one)
        let database = Database(primary: source)
        try await database.transaction(name: "outer") {
            _ = try await database.query("SELECT 1")
            try await database.transaction(propagation: .requiresNew) { try await database.execute("INSERT") }
            try await database.execute("INSERT")
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: .requiresNew, name: "inner") {}
            }
            #expect(error?.code == .illegalTransactionState)
            #expect(error?.message.contains("outer") == true)
            #expect(error?.message.contains("inner") == true)
            try await database.transaction(propagation: .notSupported) {
                _ = try await database.query("SELECT 1")
                await #expect(throws: DatabaseError.self) { try await database.execute("INSERT") }
            }
        }
    }

    /// The inner one waited for the writer until its time was over: the server keeps others from what was locked.
    @Test(arguments: [
        ("SELECT 1 FOR UPDATE", true), ("SELECT 1 FOR NO KEY UPDATE OF book", true),
        ("TABLE book\nFOR key share", true),
        ("SELECT 1 FOR /* all */ UPDATE", true), ("SELECT 1 WHERE title = 'an update'", false),
        ("SELECT 1 WHERE title = 'for update'", false), ("SELECT 1 -- for share", false),
        ("SELECT \"for update\" FROM book", false), ("SELECT 1 WHERE title = 'share for'", false),
    ])
    func whoLocksRowsHasTheWriter(statement: String, hasIt: Bool) async throws {
        let database = Database(primary: RecordingDataSource(writers: .one))
        try await database.transaction(name: "outer") {
            _ = try await database.query(Statement(statement))
            let inner = {
                try await database.transaction(propagation: .requiresNew, name: "inner") {
                    try await database.execute("UPDATE")
                }
            }
            guard hasIt else {
                _ = try await inner()
                return
            }
            let error = await #expect(throws: DatabaseError.self) { _ = try await inner() }
            #expect(error?.code == .illegalTransactionState)
            #expect(error?.message.contains("outer") == true && error?.message.contains("inner") == true)
        }
    }

    /// Over the wire a node gives the writer to such a transaction with its first statement.
    @Test(arguments: [IsolationLevel.serverDefault, .readCommitted, .repeatableRead, .serializable], [false, true])
    func whoReadsAboveReadCommittedMayHaveTheWriter(isolation: IsolationLevel, readsTakeWriter: Bool) async throws {
        let database = Database(primary: RecordingDataSource(writers: .one, readsTakeWriter: readsTakeWriter))
        try await database.transaction(isolation: isolation, name: "outer") {
            _ = try await database.query("SELECT 1")
            let inner = {
                try await database.transaction(propagation: .requiresNew) { try await database.execute("UPDATE") }
            }
            guard readsTakeWriter, isolation == .repeatableRead || isolation == .serializable else {
                _ = try await inner()
                return
            }
            let error = await #expect(throws: DatabaseError.self) { _ = try await inner() }
            #expect(error?.code == .illegalTransactionState)
        }
    }

    /// A savepoint gives back what was read, and not the writer.
    @Test func aLockingReadThatFailedInsideASavepointHasTheWriter() async throws {
        let database = Database(
            primary: RecordingDataSource(writers: .one) { event in
                if event == "SELECT 1 FOR UPDATE" { throw DatabaseError(.other, "integer overflow") }
                return StatementResult()
            })
        try await database.transaction(name: "outer") {
            await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: .nested) { try await database.query("SELECT 1 FOR UPDATE") }
            }
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: .requiresNew) { try await database.execute("UPDATE") }
            }
            #expect(error?.code == .illegalTransactionState)
        }
    }
}
