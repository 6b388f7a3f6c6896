import TandemTransactions
import Testing

/// X33 to X35, X40, X41: statements that fail, and calls that do not fit.
extension AcceptanceTests {
    @Test(arguments: Engines.tested)
    func x33_afterAFailedStatementATransactionTakesNothingButItsEnd(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let code = await test.code {
            try await test.database.transaction {
                try await test.write(1)
                #expect(await test.code { try await test.breakConstraint() } == .notNullViolation)
                try await test.read()
            }
        }
        #expect(code == .transactionAborted)
        #expect(try await test.titles() == ["old", "old"])
    }

    @Test(arguments: Engines.tested, [Propagation.nested, .requiresNew])
    func x34x35_aFailedStatementOfAnInnerTransactionTakesOnlyItsOwnWork(
        engine: Engines, propagation: Propagation
    ) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction {
            try await test.write(1)
            let code = await test.code {
                try await test.database.transaction(propagation: propagation) { try await test.breakConstraint() }
            }
            // Decision 6: with one writer the inner transaction does not even begin.
            let isRefused = engine.hasOneWriter && propagation == .requiresNew
            #expect(code == (isRefused ? .illegalTransactionState : .notNullViolation))
            try await test.sees("new")
        }
        #expect(try await test.titles() == ["new", "old"])
    }

    @Test(arguments: Engines.tested)
    func x40x41_aMismatchFailsAtTheJoinWhereThatIsAskedFor(engine: Engines) async throws {
        let begun = try await SingleCase.begin(on: engine)
        let test = begun.over(
            try begun.stand.bed.database(begun.stand.recorder, configuration: .init(onReadOnlyMismatch: .failAtJoin)))
        let error = await #expect(throws: DatabaseError.self) {
            try await test.database.transaction(readOnly: true, name: "outer") {
                try await test.read(on: "S1")
                try await test.database.transaction(name: "inner") {}
            }
        }
        #expect(error?.code == .illegalTransactionState)
        #expect(error?.message.contains("outer") == true)
        #expect(error?.message.contains("inner") == true)
        // The other way round is no mismatch: reading where writing is allowed.
        try await test.database.transaction(name: "outer") {
            try await test.database.transaction(readOnly: true, name: "inner") {
                #expect(Transaction.current?.name == "outer")
                try await test.read(on: "M1")
            }
        }
        await test.database.shutdown()
    }
}
