import Testing

@testable import TandemTransactions

@Suite struct StreamTests {
    /// A source whose cursors give the numbers 1 to 1000.
    private let source = RecordingDataSource { event in
        guard event.hasPrefix("CURSOR") else { return StatementResult() }
        let columns = ResultRow.Columns(["n"])
        return StatementResult(rows: (1...1000).map { ResultRow(columns: columns, values: [.integer($0)]) })
    }
    private let database: Database

    init() { database = Database(primary: source) }

    private var inUse: Int { database.router.primary.provider.inUse }

    @Test func aStreamGivesAllRowsInTheirOrderAndFreesTheConnection() async throws {
        try await database.transaction {
            var sum: [Int] = []
            for try await number in database.stream("SELECT n", as: Int.self) { sum.append(number) }
            #expect(sum == Array(1...1000))
            try await database.execute("INSERT")
        }
        #expect(
            source.events == ["M1 BEGIN", "M1 CURSOR SELECT n", "M1 CURSOR CLOSED", "M1 INSERT", "M1 COMMIT"])
    }

    @Test func aStreamThatIsLeftIsClosedAndTheNextStatementRuns() async throws {
        try await database.transaction {
            for try await number in database.stream("SELECT n", as: Int.self) where number == 3 { break }
            try await database.execute("INSERT")
        }
        #expect(
            source.events == ["M1 BEGIN", "M1 CURSOR SELECT n", "M1 CURSOR CLOSED", "M1 INSERT", "M1 COMMIT"])
    }

    @Test func whileAStreamIsOpenOtherStatementsAreRefused() async throws {
        try await database.transaction {
            for try await _ in database.stream("SELECT n", as: Int.self) {
                let error = await #expect(throws: DatabaseError.self) { try await database.execute("INSERT") }
                #expect(error?.code == .illegalTransactionState)
                break
            }
        }
        #expect(source.events.last == "M1 COMMIT")
    }

    /// A scope inside a stream's loop has nothing to end on the connection, which the stream has.
    @Test func aNestedScopeWithoutStatementsLeavesTheStreamAroundItOpen() async throws {
        try await database.transaction {
            var count = 0
            for try await number in database.stream("SELECT n", as: Int.self) {
                try await database.transaction(propagation: .nested) { count += 1 }
                if number == 300 {
                    try? await Transaction.current?.withSavepoint { throw CancellationError() }
                }
            }
            #expect(count == 1000)
            try await database.execute("INSERT")
        }
        #expect(
            source.events == ["M1 BEGIN", "M1 CURSOR SELECT n", "M1 CURSOR CLOSED", "M1 INSERT", "M1 COMMIT"])
    }

    @Test func theEndOfANestedScopeClosesTheStreamInside() async throws {
        try await database.transaction {
            var escaped = try await database.transaction(propagation: .nested) {
                var iterator = database.stream("SELECT n", as: Int.self).makeAsyncIterator()
                _ = try await iterator.next()
                return iterator
            }
            let error = await #expect(throws: DatabaseError.self) { while try await escaped.next() != nil {} }
            #expect(error?.code == .transactionEnded)
        }
        #expect(
            source.events == [
                "M1 BEGIN", "M1 SAVEPOINT tandem_1", "M1 CURSOR SELECT n", "M1 CURSOR CLOSED", "M1 RELEASE tandem_1",
                "M1 COMMIT",
            ])
    }

    @Test func theEndOfTheTransactionClosesAStreamThatEscapes() async throws {
        var (escaped, first) = try await database.transaction {
            var iterator = database.stream("SELECT n", as: Int.self).makeAsyncIterator()
            let first = try await iterator.next()
            return (iterator, first)
        }
        #expect(first == 1)
        #expect(source.events == ["M1 BEGIN", "M1 CURSOR SELECT n", "M1 CURSOR CLOSED", "M1 COMMIT"])
        // What was fetched is still given; no more is.
        var rest = 0
        let error = await #expect(throws: DatabaseError.self) {
            while try await escaped.next() != nil { rest += 1 }
        }
        #expect(error?.code == .transactionEnded)
        #expect(rest == 255)
        #expect(inUse == 0)
    }

    @Test func aStreamBelongsToTheTransactionInWhichItWasMade() async throws {
        let stream = try await database.transaction { database.stream("SELECT n", as: Int.self) }
        let error = await #expect(throws: DatabaseError.self) { for try await _ in stream {} }
        #expect(error?.code == .transactionEnded)
        #expect(source.events.isEmpty)
    }

    @Test func withoutATransactionAStreamGivesItsConnectionBack() async throws {
        var count = 0
        for try await _ in database.stream("SELECT n", as: Int.self) { count += 1 }
        #expect(count == 1000)
        #expect(inUse == 0)
    }

    @Test func aRowThatCannotBeReadEndsTheStream() async throws {
        await #expect(throws: DatabaseError.self) {
            try await database.transaction {
                for try await _ in database.stream("SELECT n", as: (Int, Int).self) {}
            }
        }
        #expect(source.events.suffix(2) == ["M1 CURSOR CLOSED", "M1 ROLLBACK"])
        #expect(inUse == 0)
    }
}
