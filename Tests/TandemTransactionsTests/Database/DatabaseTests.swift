import TandemTransactions
import Testing

/// What a transaction sends to its servers, and what its caller sees.
@Suite struct DatabaseTests {
    struct Failure: Error {}

    @Test func aTransactionWithoutStatementsTouchesNoServer() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        #expect(try await database.transaction { 7 } == 7)
        #expect(source.events.isEmpty)
    }

    @Test func aTransactionBeginsAtItsFirstStatementAndCommits() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction {
            #expect(source.events.isEmpty)
            try await database.execute("INSERT \(1)")
            try await database.execute("INSERT \(2)")
        }
        #expect(source.events == ["M1 BEGIN", "M1 INSERT …", "M1 INSERT …", "M1 COMMIT"])
    }

    /// A transaction without a time-out must not wait for a replica that hangs.
    @Test(.timeLimit(.minutes(2))) func aReplicaThatDoesNotTellItsLagIsLeftForThePrimary() async throws {
        let routing = RoutingConfiguration(
            maximumLag: .seconds(1), statusTimeout: .milliseconds(20), retryInterval: .seconds(600))
        let database = Database(
            primary: RecordingDataSource("M"), replicas: [RecordingDataSource("S", tellsStatus: false)],
            configuration: .init(routing: routing))
        try await database.transaction(readOnly: true) {
            _ = try await database.query("SELECT 1")
            #expect(Transaction.current?.server == "M1")
            #expect(Transaction.current?.routing == .replicasFailed)
        }
    }

    @Test func explainRoutingTellsAReplicaThatWasUsedFromOneThatWasNot() async throws {
        let database = Database(primary: RecordingDataSource("M"), replicas: [RecordingDataSource("S")])
        #expect(database.explainRouting().hasSuffix("replica  S, in use 0, not used yet"))
        try await database.transaction(readOnly: true) { _ = try await database.query("SELECT 1") }
        let text = database.explainRouting()
        #expect(text.contains("in use 0, used ") && text.hasSuffix(" ago, lag not asked for yet"), "\(text)")
    }

    @Test func anErrorRollsBackAndReachesTheCaller() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        await #expect(throws: Failure.self) {
            try await database.transaction {
                try await database.execute("INSERT")
                throw Failure()
            }
        }
        #expect(source.events == ["M1 BEGIN", "M1 INSERT", "M1 ROLLBACK"])
    }

    @Test func aRuleCanCommitWithAnError() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        let keepsFailures = { (error: any Error) -> ErrorDecision in error is Failure ? .commit : .rollback }
        await #expect(throws: Failure.self) {
            try await database.transaction(rollback: keepsFailures) {
                try await database.execute("INSERT")
                throw Failure()
            }
        }
        #expect(source.events.last == "M1 COMMIT")
    }

    @Test func aReadOnlyTransactionGoesToTheReplica() async throws {
        let log = RecordingDataSource.Log()
        let database = Database(
            primary: RecordingDataSource("M", log: log), replicas: [RecordingDataSource("S", log: log)])
        try await database.transaction(readOnly: true, name: "Books.all") {
            _ = try await database.query("SELECT 1")
            #expect(Transaction.current?.server == "S1")
            #expect(Transaction.current?.routing == .leastBusy)
            #expect(Transaction.current?.name == "Books.all")
        }
        #expect(log.all == ["S1 BEGIN READ ONLY", "S1 SELECT 1", "S1 COMMIT"])
    }

    @Test func withoutAScopeAStatementIsFinalAtOnce() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        #expect(Transaction.current == nil)
        _ = try await database.query("SELECT 1")
        _ = try await database.query("SELECT 2")
        #expect(source.events == ["M1 SELECT 1", "M1 SELECT 2"])
    }

    @Test func aReadOnlyScopeWithoutATransactionProtectsEachStatement() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction(readOnly: true, propagation: .supports) {
            _ = try await database.query("SELECT 1")
            #expect(Transaction.current?.isActive == false)
            #expect(Transaction.current?.routing == .noReplicas)
        }
        #expect(source.events == ["M1 BEGIN READ ONLY", "M1 SELECT 1", "M1 COMMIT"])
    }

    @Test func aFailedCallThatJoinedRollsBackTheWholeAndIsReported() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(name: "outer") {
                try await database.execute("INSERT")
                try? await database.transaction(name: "inner") { throw Failure() }
                #expect(Transaction.current?.isRollbackOnly == true)
            }
        }
        #expect(error?.code == .unexpectedRollback)
        #expect(error?.transaction == "outer")
        #expect(error?.message.contains("inner") == true)
        #expect(source.events.last == "M1 ROLLBACK")
    }

    @Test func aNestedFailureTakesOnlyItsOwnWork() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction {
            try await database.execute("INSERT A")
            await #expect(throws: Failure.self) {
                try await database.transaction(propagation: .nested) {
                    try await database.execute("INSERT B")
                    throw Failure()
                }
            }
            try await database.execute("INSERT C")
        }
        #expect(
            source.events == [
                "M1 BEGIN", "M1 INSERT A", "M1 SAVEPOINT tandem_1", "M1 INSERT B", "M1 ROLLBACK TO tandem_1",
                "M1 RELEASE tandem_1",
                "M1 INSERT C", "M1 COMMIT",
            ])
    }

    @Test func aJoinedFailureInsideANestedScopeGoesWithTheSavepoint() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        try await database.transaction(name: "outer") {
            try await database.execute("INSERT A")
            let nested = { () async throws in
                try await database.transaction(propagation: .nested, name: "middle") {
                    try await database.execute("INSERT B")
                    try? await database.transaction(name: "innermost") { throw Failure() }
                }
            }
            let error = await #expect(throws: DatabaseError.self) { try await nested() }
            #expect(error?.code == .unexpectedRollback)
            #expect(error?.message.contains("innermost") == true)
        }
        #expect(source.events.last == "M1 COMMIT")
    }

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

    actor Counter {
        private var now = 0
        private(set) var most = 0
        func enter() {
            now += 1
            most = max(most, now)
        }
        func leave() { now -= 1 }
    }

    @Test func aLostAnswerToCommitIsAnUnknownOutcome() async throws {
        let source = RecordingDataSource { event in
            if event == "COMMIT" { throw DatabaseError(.outcomeUnknown, "the answer was lost") }
            return StatementResult()
        }
        let database = Database(primary: source)
        let outcomes = RecordingDataSource.Log()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(name: "Books.add", retry: .serializationFailures(3)) {
                try Transaction.current?.afterCompletion { outcomes.append("\($0)") }
                try await database.execute("INSERT")
            }
        }
        #expect(error?.code == .outcomeUnknown)
        #expect(error?.transaction == "Books.add")
        #expect(outcomes.all == ["unknown"])
        #expect(source.events.filter { $0.hasSuffix("COMMIT") }.count == 1)
        await database.shutdown()
        #expect(source.events.last == "M1 CLOSE")
    }

    /// What is in a transaction is rolled back with its connection, and what was not sent was not done.
    @Test func aWriteWithoutATransactionWhoseAnswerIsLostIsAnUnknownOutcome() async throws {
        let source = RecordingDataSource { event in
            let state = event.hasSuffix("UPDATE") ? DatabaseError.notSent : "08006"
            throw DatabaseError(.connectionLost, "reset", sqlState: state)
        }
        let database = Database(primary: source)
        for propagation in [Propagation.never, .notSupported] {
            let lost = await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: propagation) { try await database.execute("INSERT") }
            }
            #expect(lost?.code == .outcomeUnknown && lost?.sqlState == "08007" && lost?.isRetriable == false)
            #expect((lost?.cause as? DatabaseError)?.code == .connectionLost)
        }
        let streamed = await #expect(throws: DatabaseError.self) {
            for try await _ in database.stream("DELETE", as: Int.self) {}
        }
        #expect(streamed?.code == .outcomeUnknown)
        let cases: [(Propagation, Statement)] = [(.never, "UPDATE"), (.never, "SELECT"), (.required, "INSERT")]
        for (propagation, statement) in cases {
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction(propagation: propagation) { try await database.execute(statement) }
            }
            #expect(error?.code == .connectionLost && error?.isRetriable == true, "\(statement)")
        }
    }

    @Test func nothingIsInDoubtWhereATransactionOnlyRead() async throws {
        let source = RecordingDataSource { event in
            if event == "COMMIT" { throw DatabaseError(.outcomeUnknown, "the answer was lost") }
            return StatementResult()
        }
        let database = Database(primary: source)
        for propagation in [Propagation.required, .supports] {
            let error = await #expect(throws: DatabaseError.self) {
                try await database.transaction(readOnly: true, propagation: propagation) {
                    _ = try await database.query("SELECT 1")
                }
            }
            #expect(error?.code == .connectionLost && error?.isRetriable == true)
        }
    }

    @Test(arguments: ["BEGIN READ ONLY", "SELECT", "COMMIT"])
    func aReplicaWhoseConnectionBreaksIsLeft(under event: String) async throws {
        let replica = RecordingDataSource("S") { asked in
            if asked == event { throw DatabaseError(.connectionLost, "reset") }
            return StatementResult()
        }
        let database = Database(primary: RecordingDataSource(), replicas: [replica])
        let read = { () async throws in
            try await database.transaction(readOnly: true) {
                _ = try await database.query("SELECT")
                return Transaction.current?.routing
            }
        }
        await #expect(throws: DatabaseError.self) { try await read() }
        #expect(try await read() == .replicasFailed)
    }

    @Test func aSerializationFailureIsTriedAgain() async throws {
        let failures = RecordingDataSource.Log()
        let source = RecordingDataSource { event in
            if event == "COMMIT", failures.all.count < 2 {
                failures.append("failed")
                throw DatabaseError(.serializationFailure, "another was faster", sqlState: "40001")
            }
            return StatementResult()
        }
        let database = Database(primary: source)
        try await database.transaction(retry: .serializationFailures(3)) { try await database.execute("INSERT") }
        #expect(source.events.filter { $0.hasSuffix("BEGIN") }.count == 3)
    }

    /// It would be done twice.
    @Test func whatWasCommittedIsNotRunAgainWhateverErrorLeavesIt() async throws {
        let source = RecordingDataSource()
        let database = Database(primary: source)
        let commits = { (_: any Error) -> ErrorDecision in .commit }
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(rollback: commits, retry: .serializationFailures(3)) {
                try await database.execute("INSERT")
                throw DatabaseError(.serializationFailure, "another database's", sqlState: "40001")
            }
        }
        #expect(error?.code == .serializationFailure)
        #expect(source.events == ["M1 BEGIN", "M1 INSERT", "M1 COMMIT"])
    }

    @Test func aWriteInAReadOnlyTransactionNamesWhoJoinedWhom() async throws {
        let source = RecordingDataSource { event in
            if event.hasPrefix("UPDATE") { throw DatabaseError(.readOnlyTransaction, "no", sqlState: "25006") }
            return StatementResult()
        }
        let database = Database(primary: source)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.transaction(readOnly: true, name: "Books.updateSlave") {
                try await database.transaction(name: "Books.updateTitle") {
                    try await database.execute("UPDATE book SET title = \("x")")
                }
            }
        }
        #expect(error?.code == .readOnlyTransaction)
        #expect(error?.transaction == "Books.updateSlave")
        #expect(error?.statement == "UPDATE book SET title = …")
        #expect(error?.message.contains("Books.updateSlave") == true)
        #expect(error?.message.contains("Books.updateTitle") == true)
        #expect(error?.message.contains("DatabaseTests.swift") == true)
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
}
