import TandemTransactions
import Testing

/// A statement without any scope: the same is told and done whether its connection was idle or had to be made.
@Suite struct AloneTests {
    /// - Parameter isWarm: whether a connection is idle when `body` begins.
    /// - Returns: what the server was asked by `body` and since.
    private func events(
        isWarm: Bool, writers: WriterCount = .many, heedsCancellation: Bool = true,
        _ body: (Database) async throws -> Void
    ) async throws -> [String] {
        let position = CommitPosition(Engine(rawValue: "recording"), "7")
        let source = RecordingDataSource(
            writers: writers, heedsCancellation: heedsCancellation, commit: .position(position),
            answer: Self.refusing)
        let database = Database(primary: source)
        if isWarm { try await database.execute("SELECT 0") }
        try await body(database)
        await database.shutdown()
        return Array(source.events.drop { $0 == "M1 SELECT 0" })
    }

    private static let refusing: RecordingDataSource.Answer = { event in
        switch event {
        case "INSERT 1", "SET 1": throw DatabaseError(.uniqueViolation, "it is there", sqlState: "23505")
        case "INSERT 2": throw DatabaseError(.connectionLost, "it is gone", sqlState: "08006")
        case "INSERT 3": throw DatabaseError(.readOnlyTransaction, "no writes here", sqlState: "25006")
        default: return StatementResult(affectedRows: 1)
        }
    }

    @Test(arguments: [false, true])
    func aFailureTellsItsStatementAndServerAndTheConnectionIsUsedAgain(isWarm: Bool) async throws {
        let events = try await events(isWarm: isWarm) { database in
            let error = await #expect(throws: DatabaseError.self) { try await database.execute("INSERT 1") }
            #expect(error?.code == .uniqueViolation && error?.statement == "INSERT 1" && error?.server == "M1")
            #expect(error?.transaction == nil)
            let changed = try await database.execute("INSERT 4")
            #expect(changed == 1)
        }
        #expect(events == ["M1 INSERT 1", "M1 INSERT 4", "M1 CLOSE"])
    }

    @Test(arguments: [false, true])
    func aWriteWhoseConnectionBrokeIsOfUnknownOutcome(isWarm: Bool) async throws {
        let events = try await events(isWarm: isWarm) { database in
            let error = await #expect(throws: DatabaseError.self) { try await database.execute("INSERT 2") }
            #expect(error?.code == .outcomeUnknown && error?.server == "M1")
            try await database.execute("INSERT 4")
        }
        #expect(events.filter { $0 != "M1 CLOSE" } == ["M1 INSERT 2", "M2 INSERT 4", "M2 CLOSE"])
    }

    @Test(arguments: [false, true])
    func aServerThatTakesNoWritesIsLeft(isWarm: Bool) async throws {
        let events = try await events(isWarm: isWarm) { database in
            let error = await #expect(throws: DatabaseError.self) { try await database.execute("INSERT 3") }
            #expect(error?.code == .readOnlyTransaction)
            try await database.execute("INSERT 4")
        }
        #expect(events.filter { $0 != "M1 CLOSE" } == ["M1 INSERT 3", "M2 INSERT 4", "M2 CLOSE"])
    }

    @Test(arguments: [false, true], ["SET 1", "SET 2"])
    func whatMayChangeTheSessionIsResetThoughItFailed(isWarm: Bool, statement: String) async throws {
        let events = try await events(isWarm: isWarm) { database in
            _ = try? await database.execute(Statement(statement))
            try await database.execute("INSERT 4")
        }
        let ofTheFirst = events.filter { $0.hasPrefix("M1") && !$0.hasSuffix("INSERT 4") }
        #expect(ofTheFirst == ["M1 \(statement)", "M1 RESET", "M1 CLOSE"])
    }

    /// Nothing was done with the connection: it is as it was.
    @Test(arguments: [false, true])
    func whatIsRefusedBeforeItIsSentLeavesTheConnectionAsItIs(isWarm: Bool) async throws {
        let events = try await events(isWarm: isWarm) { database in
            let error = await #expect(throws: DatabaseError.self) { try await database.execute("SET '\(1)'") }
            #expect(error?.code == .invalidStatement && error?.statement == "SET '…'" && error?.server == nil)
            try await database.execute("INSERT 4")
        }
        #expect(events == ["M1 INSERT 4", "M1 CLOSE"])
    }

    @Test(arguments: [false, true])
    func aCancelledTaskSendsNothing(isWarm: Bool) async throws {
        let events = try await events(isWarm: isWarm, heedsCancellation: false) { database in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await database.execute("INSERT 4")
            }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(events.filter { $0 != "M1 CLOSE" } == [])
    }

    @Test(arguments: [false, true])
    func aSessionLearnsOfItsWrite(isWarm: Bool) async throws {
        _ = try await events(isWarm: isWarm) { database in
            try await DatabaseSession.with { session in
                try await database.execute("INSERT 4")
                #expect(session.hasCommitted)
            }
        }
    }

    /// What is around a hook is hidden from it, and has the one writer all the same.
    @Test(arguments: [false, true])
    func aHookDoesNotWaitForTheWriterThatIsAroundIt(isWarm: Bool) async throws {
        let events = try await events(isWarm: isWarm, writers: .one) { database in
            try await database.transaction(name: "outer") {
                try await database.execute("INSERT 7")
                try await database.transaction(readOnly: true, propagation: .requiresNew) {
                    _ = try await database.query("SELECT 5")
                    try Transaction.current?.afterCommit {
                        let error = await #expect(throws: DatabaseError.self) { try await database.execute("INSERT 6") }
                        #expect(error?.code == .illegalTransactionState && error?.transaction == "outer")
                    }
                }
            }
        }
        #expect(!events.contains { $0.hasSuffix("INSERT 6") }, "\(events)")
    }
}
