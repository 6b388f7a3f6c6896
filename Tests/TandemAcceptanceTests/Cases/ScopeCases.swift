import TandemTransactions
import Testing

/// X08 to X13, X18 to X22: what is current, and on which connection its statements run.
extension AcceptanceTests {
    @Test(arguments: Engines.tested, [true, false])
    func x08x09x61_aTransactionWithoutAStatementTakesNoConnection(engine: Engines, readOnly: Bool) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(readOnly: readOnly, name: "A") {
            let current = try #require(Transaction.current)
            #expect(current.name == "A")
            #expect(current.isActive)
            #expect(current.isReadOnly == readOnly)
            #expect(current.server == nil)
        }
        #expect(test.usedNoConnection)
    }

    @Test(arguments: Engines.tested)
    func x10_anOuterWithoutAStatementLetsRequiresNewWrite(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(readOnly: true, name: "A") {
            try await test.database.transaction(propagation: .requiresNew, name: "B") {
                #expect(Transaction.current?.name == "B")
                #expect(Transaction.current?.isReadOnly == false)
                try await test.write(2, on: "M1")
            }
        }
        #expect(try await test.titles() == ["old", "new"])
    }

    @Test(arguments: Engines.tested)
    func x11x12_aDetachedTaskHasNoTransactionUntilItOpensOne(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(readOnly: true) {
            try await test.read(on: "S1")
            try await Task.detached {
                #expect(Transaction.current == nil)
                try await test.read(on: "M1")
                try await test.database.transaction(name: "B") {
                    #expect(Transaction.current?.isReadOnly == false)
                    try await test.write(2, on: "M1")
                }
            }.value
        }
        #expect(try await test.titles() == ["old", "new"])
    }

    @Test(arguments: Engines.tested) func x13_aTransactionNeedsNoName(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(readOnly: true) {
            #expect(Transaction.current?.name == nil)
            #expect(Transaction.current?.isActive == true)
            try await test.read(on: "S1")
        }
    }

    @Test(arguments: Engines.tested, [true, false])
    func x18x19_supportsWithoutATransactionOpensAScopeWithOneConnection(engine: Engines, readOnly: Bool) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(readOnly: readOnly, propagation: .supports, name: "B") {
            #expect(Transaction.current?.name == "B")
            #expect(Transaction.current?.isActive == false)
            #expect(Transaction.current?.isReadOnly == readOnly)
            let wanted = readOnly ? "S1" : "M1"
            try await test.read(on: wanted)
            try await test.read(on: wanted)
        }
    }

    @Test(arguments: Engines.tested) func x20_statementsWithoutAScopeRunOnThePrimary(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        #expect(Transaction.current == nil)
        try await test.read(on: "M1")
        try await test.read(on: "M1")
    }

    @Test(arguments: Engines.tested)
    func x21_aScopeWithoutATransactionGivesWayToOneAndReturns(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(readOnly: true, propagation: .supports, name: "outer") {
            try await test.read(on: "S1")
            try await test.database.transaction(name: "inner") {
                #expect(Transaction.current?.name == "inner")
                #expect(Transaction.current?.isActive == true)
                #expect(Transaction.current?.isReadOnly == false)
                try await test.write(2, on: "M1")
            }
            #expect(Transaction.current?.name == "outer")
            #expect(Transaction.current?.isActive == false)
            try await test.read(on: "S1")
        }
        #expect(try await test.titles() == ["old", "new"])
    }

    @Test(arguments: Engines.tested)
    func x22_eachLevelOfRequiresNewHasItsConnectionAndGetsItBack(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(readOnly: true, name: "1") {
            try await test.read(2, on: "S1")
            try await test.database.transaction(propagation: .requiresNew, name: "2") {
                try await test.write(2, on: "M1")
                try await test.database.transaction(readOnly: true, propagation: .requiresNew, name: "3") {
                    #expect(Transaction.current?.name == "3")
                    #expect(Transaction.current?.suspended?.name == "2")
                    try await test.read(2, on: "S2")
                }
                #expect(Transaction.current?.name == "2")
                try await test.read(2, on: "M1")
            }
            #expect(Transaction.current?.name == "1")
            #expect(Transaction.current?.isReadOnly == true)
            try await test.read(2, on: "S1")
        }
        #expect(try await test.titles() == ["old", "new"])
    }
}
