import NIOConcurrencyHelpers
import TandemTransactions
import Testing

/// `database.read { tx in }` and `database.write { tx in }`, and savepoints within them.
@Suite struct HandleTests {
    struct Failure: Error {}

    private let log = RecordingDataSource.Log()

    private func makeDatabase() -> Database {
        Database(primary: RecordingDataSource("M", log: log), replicas: [RecordingDataSource("S", log: log)])
    }

    @Test func aReadHandleReadsOnTheReplica() async throws {
        let database = makeDatabase()
        try await database.read(name: "Books.all") { transaction in
            _ = try await transaction.query("SELECT 1")
            #expect(transaction.transaction.isReadOnly && transaction.transaction.name == "Books.all")
            #expect(Transaction.current?.name == "Books.all")
        }
        #expect(log.all == ["S1 BEGIN READ ONLY", "S1 SELECT 1", "S1 COMMIT"])
    }

    @Test func aWriteHandleHasAllStatementsOfOneTransaction() async throws {
        let database = makeDatabase()
        try await database.write { transaction in
            try await transaction.execute("INSERT")
            _ = try await transaction.query("SELECT 1")
            for try await _ in transaction.stream("SELECT 2", as: Int.self) {}
            try await transaction.executeBatch(["UPDATE", "DELETE"])
        }
        #expect(log.all.first == "M1 BEGIN" && log.all.last == "M1 COMMIT")
        let wanted = ["INSERT", "SELECT 1", "CURSOR SELECT 2", "UPDATE", "DELETE"]
        #expect(wanted.allSatisfy { log.all.contains("M1 \($0)") }, "\(log.all)")
        #expect(log.all.filter { $0.hasSuffix("BEGIN") }.count == 1)
    }

    @Test func whatABodyThrowsRollsBackAndComesOut() async throws {
        let database = makeDatabase()
        await #expect(throws: Failure.self) {
            try await database.write { transaction in
                try await transaction.execute("INSERT")
                throw Failure()
            }
        }
        #expect(log.all == ["M1 BEGIN", "M1 INSERT", "M1 ROLLBACK"])
    }

    @Test func theyJoinWhatIsCurrent() async throws {
        let database = makeDatabase()
        try await database.write(name: "outer") { outer in
            try await outer.execute("INSERT")
            try await database.write(name: "inner") { inner in
                try await inner.execute("UPDATE")
                #expect(inner.transaction.relation == .joined)
            }
            try await database.read { inner in _ = try await inner.query("SELECT 1") }
        }
        #expect(log.all == ["M1 BEGIN", "M1 INSERT", "M1 UPDATE", "M1 SELECT 1", "M1 COMMIT"])
    }

    @Test func aHandleThatWritesIsRefusedWhereOnlyReadingIsAllowed() async throws {
        let database = makeDatabase()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.read(name: "Books.all") { _ in
                try await database.write(name: "Books.rename") { _ in }
            }
        }
        #expect(error?.code == .illegalTransactionState)
        #expect(error?.message.contains("Books.all") == true && error?.message.contains("Books.rename") == true)
        #expect(log.all.isEmpty)
    }

    /// What is run by the handle belongs to its transaction, whatever is current.
    @Test func aHandlesStatementsAreItsOwnTransactions() async throws {
        let database = makeDatabase()
        try await database.write { outer in
            try await outer.execute("OUTER 1")
            try await database.transaction(propagation: .requiresNew) {
                try await database.execute("INNER")
                try await outer.execute("OUTER 2")
            }
        }
        #expect(log.all == ["M1 BEGIN", "M1 OUTER 1", "M2 BEGIN", "M2 INNER", "M1 OUTER 2", "M2 COMMIT", "M1 COMMIT"])
    }

    @Test func aHandleThatIsKeptIsOfNoUse() async throws {
        let database = makeDatabase()
        let kept = NIOLockedValueBox<WriteTransaction?>(nil)
        try await database.write { transaction in
            kept.withLockedValue { $0 = transaction }
            try await transaction.execute("INSERT")
        }
        let transaction = try #require(kept.withLockedValue { $0 })
        let error = await #expect(throws: DatabaseError.self) { try await transaction.execute("UPDATE") }
        #expect(error?.code == .transactionEnded)
        #expect(log.all == ["M1 BEGIN", "M1 INSERT", "M1 COMMIT"])
    }

    // MARK: Savepoints

    @Test func whatIsDoneBehindASavepointStays() async throws {
        let database = makeDatabase()
        try await database.write { transaction in
            try await transaction.execute("INSERT 1")
            let value = try await transaction.withSavepoint { inner in
                try await inner.execute("INSERT 2")
                #expect(inner.transaction.relation == .nested)
                return 7
            }
            #expect(value == 7)
            try await transaction.execute("INSERT 3")
        }
        let statements = log.all.map { $0.split(separator: " ")[1] }
        #expect(statements == ["BEGIN", "INSERT", "SAVEPOINT", "INSERT", "RELEASE", "INSERT", "COMMIT"], "\(log.all)")
    }

    @Test func whatFailsBehindASavepointIsRolledBackAlone() async throws {
        let database = makeDatabase()
        try await database.transaction {
            try await database.execute("INSERT 1")
            await #expect(throws: Failure.self) {
                try await Transaction.current?.withSavepoint {
                    try await database.execute("INSERT 2")
                    throw Failure()
                }
            }
            #expect(Transaction.current?.isRollbackOnly == false)
            try await database.execute("INSERT 3")
        }
        #expect(log.all.contains { $0.hasPrefix("M1 ROLLBACK TO") } && log.all.last == "M1 COMMIT", "\(log.all)")
        #expect(log.all.contains("M1 INSERT 3"))
    }

    @Test func withoutATransactionThereIsNothingToSetASavepointIn() async throws {
        let database = makeDatabase()
        try await database.transaction(propagation: .supports) {
            let current = try #require(Transaction.current)
            let error = await #expect(throws: DatabaseError.self) { try await current.withSavepoint {} }
            #expect(error?.code == .illegalTransactionState)
            #expect(error?.message.contains("savepoint") == true)
        }
    }
}
