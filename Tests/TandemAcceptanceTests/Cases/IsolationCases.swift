import TandemTransactions
import Testing

/// X28 to X32, X36, X37: isolation, deadlines, and what transactions see of each other.
extension AcceptanceTests {
    @Test(arguments: Engines.tested) func x28_repeatableReadRunsOnTheReplica(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(readOnly: true, isolation: .repeatableRead) {
            #expect(Transaction.current?.isolation == .repeatableRead)
            try await test.read(on: "S1")
        }
    }

    @Test(arguments: Engines.tested) func x29_serializableOnAReplicaIsAsTheEngineSays(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        var ranOn: String?
        var sqlState: String?
        do {
            try await test.database.transaction(readOnly: true, isolation: .serializable) {
                ranOn = try await test.read()
            }
        } catch let error as DatabaseError { sqlState = error.sqlState }
        // Decision 12: a hot standby of PostgreSQL has no serializable transactions; the other engines' replicas have.
        #expect(sqlState == (engine == .postgres ? "0A000" : nil))
        #expect(ranOn == (engine == .postgres ? nil : "S1"))
    }

    @Test(arguments: Engines.tested) func x30x31_aCallThatJoinsTakesTheOutersIsolation(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(isolation: .serializable) {
            try await test.write(1, on: "M1")
        }
        try await test.database.transaction {
            try await test.write(1)
            try await test.database.transaction(isolation: .serializable) {
                #expect(Transaction.current?.isolation == .serverDefault)
                try await test.write(2, on: "M1")
            }
        }
        #expect(try await test.titles() == ["new", "new"])
    }

    @Test(arguments: Engines.tested)
    func x32_afterTheDeadlineNoStatementRunsAndNothingIsKept(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        var hasWritten = false
        let error = await #expect(throws: DatabaseError.self) {
            try await test.database.transaction(timeout: .seconds(2), name: "A") {
                try await test.write(1)
                hasWritten = true
                // The deadline itself is the subject: it is waited for.
                try await Task.sleep(until: try #require(Transaction.current?.deadline))
                #expect(await test.code { try await test.write(2) } == .timeout)
            }
        }
        #expect(hasWritten)
        // The body went on: COMMIT is refused as well.
        #expect(error?.code == .timeout)
        #expect(error?.transaction == "A")
        #expect(try await test.titles() == ["old", "old"])
    }

    @Test(arguments: Engines.tested)
    func x36_waitingForOnesOwnLockEndsWithTheDeadlineOrAtOnce(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let code = await test.code {
            try await test.database.transaction {
                try await test.write(1, on: "M1")
                try await test.database.transaction(propagation: .requiresNew, timeout: .seconds(1)) {
                    try await test.write(1)
                }
            }
        }
        // Decision 12: the model has no locks, and nobody waits for one.
        guard engine != .model else {
            #expect(code == nil)
            #expect(try await test.titles() == ["new", "old"])
            return
        }
        // Decision 6: the one writer is known to be taken.
        #expect(code == (engine.hasOneWriter ? .illegalTransactionState : .timeout))
        #expect(try await test.titles() == ["old", "old"])
    }

    @Test(arguments: Engines.tested)
    func x37_onlyWhoTakesPartSeesWhatIsNotCommitted(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let look = { (propagation: Propagation, readOnly: Bool) async throws in
            try await test.database.transaction(readOnly: readOnly, propagation: propagation) { try await test.title() }
        }
        try await test.database.transaction {
            try await test.write(1)
            #expect(try await look(.notSupported, false) == "old")
            #expect(try await look(.requiresNew, true) == "old")
            // Decision 6: with one writer this one does not even begin.
            if !engine.hasOneWriter { #expect(try await look(.requiresNew, false) == "old") }
            #expect(try await look(.required, false) == "new")
        }
        #expect(try await test.titles() == ["new", "old"])
    }
}
