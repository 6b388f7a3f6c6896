import TandemTransactions
import Testing

/// X01 to X07, X43, X45: what an error, a rule and `setRollbackOnly` do.
extension AcceptanceTests {
    @Test(arguments: Engines.tested)
    func x01x02_anyErrorOfACallThatJoinedRollsTheWholeBack(engine: Engines) async throws {
        // Decision 1: there are no checked exceptions; X02's rule is the default.
        let test = try await SingleCase.begin(on: engine)
        let code = await test.code {
            try await test.database.transaction {
                try await test.write(1, on: "M1")
                let inner = { () async throws in
                    try await test.database.transaction {
                        try await test.write(2)
                        throw SingleCase.Checked()
                    }
                }
                await #expect(throws: SingleCase.Checked.self) { try await inner() }
            }
        }
        #expect(code == .unexpectedRollback)
        #expect(try await test.titles() == ["old", "old"])
    }

    @Test(arguments: Engines.tested)
    func x03x43_aRuleKeepsTheWorkOfACallThatJoinedAndFailed(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction {
            try await test.write(1)
            try? await test.database.transaction(rollback: { $0 is SingleCase.Inner ? .commit : .rollback }) {
                try await test.write(2)
                throw SingleCase.Inner()
            }
        }
        #expect(try await test.titles() == ["new", "new"])
    }

    /// Decision 1.
    @Test(arguments: Engines.tested, [ErrorDecision.commit, .rollback])
    func x04x07_anErrorOfTheOutermostRollsBackUnlessARuleSaysOtherwise(
        engine: Engines, decision: ErrorDecision
    ) async throws {
        let test = try await SingleCase.begin(on: engine)
        let rule: (any Error) -> ErrorDecision = { _ in decision }
        await #expect(throws: SingleCase.Checked.self) {
            try await test.database.transaction(rollback: rule) {
                try await test.write(1)
                throw SingleCase.Checked()
            }
        }
        #expect(try await test.titles() == [decision == .commit ? "new" : "old", "old"])
    }

    @Test(arguments: Engines.tested)
    func x05_aRollbackThatAJoinedCallAskedForSurprisesTheOuter(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let code = await test.code {
            try await test.database.transaction {
                try await test.write(1)
                try await test.database.transaction {
                    try await test.write(2)
                    try Transaction.current?.setRollbackOnly()
                }
            }
        }
        #expect(code == .unexpectedRollback)
        #expect(try await test.titles() == ["old", "old"])
    }

    @Test(arguments: Engines.tested)
    func x06_aRollbackThatTheOutermostAskedForIsSilent(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction {
            try await test.write(1)
            try Transaction.current?.setRollbackOnly()
        }
        #expect(try await test.titles() == ["old", "old"])
    }

    @Test(arguments: Engines.tested)
    func x45_theMiddleOfThreeReturnsAndTheOutermostIsTold(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        var hasReachedEnd = false
        let code = await test.code {
            try await test.database.transaction {
                try await test.write(1)
                try await test.database.transaction {
                    try? await test.database.transaction { throw SingleCase.Inner() }
                }
                hasReachedEnd = true
            }
        }
        #expect(code == .unexpectedRollback)
        #expect(hasReachedEnd)
        #expect(try await test.titles() == ["old", "old"])
    }
}
