import TandemTransactions
import Testing

/// X49 to X54: pools of one connection. Where Spring waits for its pool's time-out, decision 7 tells the deadlock at once.
extension AcceptanceTests {
    @Test(arguments: Engines.tested) func x49x50x53_whoHasTheOnlyConnectionIsToldThatThereIsNoOther(
        engine: Engines
    ) async throws {
        let test = try await withPoolsOfOne(on: engine)
        for propagation in [Propagation.requiresNew, .notSupported] {
            try await test.database.transaction {
                try await test.read(on: "M1")
                let inner = await test.code {
                    try await test.database.transaction(propagation: propagation) {
                        if propagation == .requiresNew { try await test.write(2) } else { try await test.read(2) }
                    }
                }
                #expect(inner == .poolDeadlock)
                try await test.read(on: "M1")
            }
        }
        #expect(try await test.titles() == ["old", "old"])
        await test.database.shutdown()
    }

    @Test(arguments: Engines.tested) func x51_whoHasRunNothingHasNoConnection(engine: Engines) async throws {
        let test = try await withPoolsOfOne(on: engine)
        try await test.database.transaction {
            try await test.database.transaction(propagation: .requiresNew) { try await test.write(2, on: "M1") }
            try await test.write(1, on: "M1")
        }
        #expect(try await test.titles() == ["new", "new"])
        await test.database.shutdown()
    }

    @Test(arguments: Engines.tested) func x52x54_eachServerHasAPoolOfItsOwn(engine: Engines) async throws {
        let test = try await withPoolsOfOne(on: engine)
        try await test.database.transaction(readOnly: true) {
            try await test.read(on: "S1")
            try await test.database.transaction(propagation: .requiresNew) { try await test.write(2, on: "M1") }
            try await test.read(on: "S1")
        }
        try await test.database.transaction {
            try await test.write(1, on: "M1")
            try await test.database.transaction(readOnly: true, propagation: .requiresNew) {
                try await test.read(on: "S1")
            }
        }
        #expect(try await test.titles() == ["new", "new"])
        await test.database.shutdown()
    }

    private func withPoolsOfOne(on engine: Engines) async throws -> SingleCase {
        let test = try await SingleCase.begin(on: engine)
        let pool = try PoolConfiguration(maximumSize: 1)
        return test.over(try test.stand.bed.database(test.stand.recorder, configuration: .init(pool: pool)))
    }
}
