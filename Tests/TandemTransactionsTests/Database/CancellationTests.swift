import NIOConcurrencyHelpers
import Testing

@testable import TandemTransactions

/// A task is cancelled at every step of what it does with its servers.
@Suite struct CancellationTests {
    /// Cancels a task when so many things have happened.
    private final class Fuse: Sendable {
        private let state: NIOLockedValueBox<(left: Int, task: Task<Void, any Error>?)>
        init(after count: Int) { state = NIOLockedValueBox((count, nil)) }
        func watch(_ task: Task<Void, any Error>) { state.withLockedValue { $0.task = task } }
        var hasBurnt: Bool { state.withLockedValue { $0.left <= 0 } }

        func burn() {
            let task = state.withLockedValue { state in
                state.left -= 1
                return state.left == 0 ? state.task : nil
            }
            task?.cancel()
        }
    }

    enum Scenario: CaseIterable { case plain, nested, requiresNew, joined, childTasks, withoutTransaction, stream }

    private func run(_ scenario: Scenario, _ database: Database) async throws {
        try await database.transaction(propagation: scenario == .withoutTransaction ? .supports : .required) {
            try await database.execute("INSERT 1")
            switch scenario {
            case .plain, .withoutTransaction: try await database.execute("INSERT 2")
            case .nested:
                _ = try? await database.transaction(propagation: .nested) { try await database.execute("INSERT 2") }
            case .requiresNew:
                _ = try? await database.transaction(propagation: .requiresNew) {
                    try await database.execute("INSERT 2")
                }
            case .joined: _ = try? await database.transaction { try await database.execute("INSERT 2") }
            case .childTasks:
                try await withThrowingTaskGroup { group in
                    for _ in 0..<3 { group.addTask { _ = try await database.execute("INSERT 2") } }
                    try await group.waitForAll()
                }
            case .stream: for try await _ in database.stream("SELECT", as: Int.self) {}
            }
            _ = try? await database.execute("INSERT 3")
        }
    }

    @Test(arguments: Scenario.allCases) func whereverATaskIsCancelledNothingIsLeftHalfDone(scenario: Scenario)
        async throws
    {
        var step = 1
        var wasCancelled = true
        while wasCancelled {
            let fuse = Fuse(after: step)
            let source = RecordingDataSource { _ in
                fuse.burn()
                return StatementResult()
            }
            let database = Database(primary: source)
            let (start, go) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                for await _ in start { break }
                try await run(scenario, database)
            }
            fuse.watch(task)
            go.yield()
            let result = await task.result
            check(source.events, "step \(step): \(source.events)", result)
            #expect(database.router.primary.provider.inUse == 0, "step \(step)")
            wasCancelled = fuse.hasBurnt
            step += 1
            try #require(step < 100)
        }
        #expect(step > 3)
    }

    /// Every transaction that was begun was ended, and one whose call threw was not committed.
    private func check(_ events: [String], _ comment: Comment, _ result: Result<Void, any Error>) {
        for connection in ["M1", "M2"] {
            let own = events.filter { $0.hasPrefix(connection) }.map { $0.dropFirst(3) }
            let begun = own.count { $0 == "BEGIN" }
            let ended = own.count { $0 == "COMMIT" || $0 == "ROLLBACK" }
            // A BEGIN during which the task was cancelled is undone by the reset.
            let undone = own.contains("RESET") && ended == begun - 1
            #expect(begun == ended || undone, comment)
        }
        if case .failure = result, let last = events.last(where: { $0.hasPrefix("M1") }) {
            #expect(last != "M1 COMMIT", comment)
        }
    }

    @Test func whoIsCancelledWhileItWaitsForItsTurnLeavesTheOthersAlone() async throws {
        let (started, hasStarted) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let source = RecordingDataSource { event in
            if event == "INSERT slow" {
                hasStarted.yield()
                for await _ in gate { break }
            }
            return StatementResult()
        }
        let database = Database(primary: source)
        try await database.transaction {
            async let slow = database.execute("INSERT slow")
            for await _ in started { break }
            let waiting = Task { try await database.execute("INSERT never") }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            open.yield()
            _ = try await slow
            try await database.execute("INSERT after")
        }
        #expect(source.events == ["M1 BEGIN", "M1 INSERT slow", "M1 INSERT after", "M1 COMMIT"])
    }
}
