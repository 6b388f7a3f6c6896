import NIOConcurrencyHelpers
import TandemTransactions
import Testing

/// X23 to X27: when hooks run, in which order, and what is current then. Decision 4 differs from Spring: nothing is.
extension AcceptanceTests {
    @Test(arguments: Engines.tested) func x23_aStatementAfterCommitIsFinalByItself(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(name: "A") {
            try await test.write(1, on: "M1")
            try Transaction.current?.afterCommit {
                #expect(Transaction.current == nil)
                try await test.write(2, on: "M1")
            }
        }
        #expect(try await test.titles() == ["new", "new"])
    }

    @Test(arguments: Engines.tested)
    func x24_aTransactionAfterCommitHasTheConnectionThatWasGivenBack(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        try await test.database.transaction(name: "A") {
            try await test.write(1, on: "M1")
            try Transaction.current?.afterCommit {
                try await test.database.transaction(propagation: .requiresNew, name: "B") {
                    #expect(Transaction.current?.name == "B")
                    #expect(Transaction.current?.suspended == nil)
                    try await test.write(2, on: "M1")
                }
            }
        }
        #expect(try await test.titles() == ["new", "new"])
    }

    @Test(arguments: Engines.tested, [true, false])
    func x25x26_hooksRunInOrderWithTheOutcome(engine: Engines, commits: Bool) async throws {
        let test = try await SingleCase.begin(on: engine)
        let order = Order()
        try? await test.database.transaction {
            try Transaction.current?.afterCompletion { order.append("\($0)") }
            try Transaction.current?.afterCommit { order.append("after") }
            try Transaction.current?.beforeCommit {
                #expect(Transaction.current != nil)
                order.append("before")
            }
            try await test.write(1)
            if !commits { throw SingleCase.Inner() }
        }
        #expect(order.all == (commits ? ["before", "after", "committed"] : ["rolledBack"]))
        #expect(try await test.titles() == [commits ? "new" : "old", "old"])
    }

    @Test(arguments: Engines.tested)
    func x27_hooksOfASuspendedTransactionWaitForItsOwnEnd(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let order = Order()
        try await test.database.transaction {
            // Decision 6: with one writer the inner transaction could not write after the outer one.
            #expect(try await (engine.hasOneWriter ? test.read(1) : test.write(1)) == "M1")
            try Transaction.current?.afterCommit { order.append("outer") }
            try await test.database.transaction(propagation: .requiresNew) {
                try Transaction.current?.afterCommit { order.append("inner") }
                try await test.write(2, on: "M2")
            }
            #expect(order.all == ["inner"])
        }
        #expect(order.all == ["inner", "outer"])
        #expect(try await test.titles() == [engine.hasOneWriter ? "old" : "new", "new"])
    }

    @Test(arguments: Engines.tested)
    func hooksGoWithTheSavepointInWhichTheyWereRegistered(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let order = Order()
        try await test.database.transaction {
            try await test.write(1)
            try? await test.database.transaction(propagation: .nested) {
                try await test.write(2)
                try Transaction.current?.beforeCommit { order.append("before") }
                try Transaction.current?.afterCommit { order.append("rolled back") }
                throw SingleCase.Inner()
            }
            try await test.database.transaction(propagation: .nested) {
                try Transaction.current?.afterCommit { order.append("kept") }
            }
        }
        #expect(order.all == ["kept"])
        #expect(try await test.titles() == ["new", "old"])
    }

    @Test(arguments: Engines.tested)
    func everyHookRunsAndTheFirstErrorIsReportedWithCommitted(engine: Engines) async throws {
        let test = try await SingleCase.begin(on: engine)
        let order = Order()
        let error = await #expect(throws: DatabaseError.self) {
            try await test.database.transaction(name: "A") {
                try await test.write(1)
                try Transaction.current?.afterCommit { throw SingleCase.Checked() }
                try Transaction.current?.afterCommit {
                    order.append("second")
                    throw SingleCase.Inner()
                }
            }
        }
        #expect(error?.code == .hookFailedAfterCommit)
        #expect(error?.cause is SingleCase.Checked)
        #expect(order.all == ["second"])
        #expect(try await test.titles() == ["new", "old"])
    }

    /// What happened, in order.
    private final class Order: Sendable {
        private let entries = NIOLockedValueBox<[String]>([])
        var all: [String] { entries.withLockedValue { $0 } }
        func append(_ entry: String) { entries.withLockedValue { $0.append(entry) } }
    }
}
