import TandemTransactions
import Testing

/// What tasks have of the transactions around them.
extension DatabaseTests {
    @Test func severalDatabasesAreUsedInOneTask() async throws {
        let (books, users) = (RecordingDataSource("B"), RecordingDataSource("U"))
        let (bookDatabase, userDatabase) = (Database(primary: books), Database(primary: users))
        try await bookDatabase.transaction(name: "books") {
            try await userDatabase.transaction(name: "users") {
                try await bookDatabase.execute("INSERT")
                try await userDatabase.execute("INSERT")
                #expect(Transaction.current?.name == "users")
                #expect(bookDatabase.currentTransaction?.name == "books")
            }
            #expect(userDatabase.currentTransaction == nil)
        }
        #expect(books.events == ["B1 BEGIN", "B1 INSERT", "B1 COMMIT"])
        #expect(users.events == ["U1 BEGIN", "U1 INSERT", "U1 COMMIT"])
    }

    @Test func aTaskThatOutlivesItsTransactionIsTold() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let task = try await database.transaction(name: "Books.add") {
            try await database.execute("INSERT")
            return Task {
                for await _ in gate { break }
                try await database.execute("LATE")
            }
        }
        open.yield()
        let error = await #expect(throws: DatabaseError.self) { try await task.value }
        #expect(error?.code == .transactionEnded)
        #expect(error?.transaction == "Books.add")
        #expect(source.events == ["M1 BEGIN", "M1 INSERT", "M1 COMMIT"])
    }

    @Test func statementsOfChildTasksRunOneAtATimeOnOneConnection() async throws {
        let running = Counter()
        let source = RecordingDataSource { event in
            if event.hasPrefix("INSERT") {
                await running.enter()
                await Task.yield()
                await running.leave()
            }
            return StatementResult()
        }
        let database = Database(primary: source)
        try await database.transaction {
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 { group.addTask { _ = try await database.execute("INSERT") } }
                try await group.waitForAll()
            }
        }
        #expect(await running.most == 1)
        #expect(source.events.count == 52)
        #expect(source.events.allSatisfy { $0.hasPrefix("M1 ") })
    }

    private actor Counter {
        private var now = 0
        private(set) var most = 0
        func enter() {
            now += 1
            most = max(most, now)
        }
        func leave() { now -= 1 }
    }
}
