import NIOConcurrencyHelpers
import TandemTransactions

/// A data source for the pool's tests: its connections do nothing, and it can be told to fail, to keep its caller
/// waiting, and how its connections feel.
final class PoolTestSource: DataSource {
    let name = "test"
    let engine = Engine(rawValue: "test")
    let writers = WriterCount.many

    struct State {
        var made = 0
        var open: Set<Int> = []
        var resets: [Int] = []
        var validations: [Int] = []
        var failure: DatabaseError?
        var isAlive = true
        /// The answer of a statement that fails.
        var statementFailure: DatabaseError?
    }

    let state = NIOLockedValueBox(State())
    let connects = Gate()
    let resets = Gate()

    var made: Int { state.withLockedValue { $0.made } }
    var open: Set<Int> { state.withLockedValue { $0.open } }

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        try await connects.pass()
        let number = try state.withLockedValue { state in
            if let failure = state.failure { throw failure }
            state.made += 1
            state.open.insert(state.made)
            return state.made
        }
        return PoolTestConnection(self, number)
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? { nil }
}

final class PoolTestConnection: DataSourceConnection {
    let number: Int
    private let source: PoolTestSource
    private let broken = NIOLockedValueBox(false)
    private let traces = NIOLockedValueBox(false)

    init(_ source: PoolTestSource, _ number: Int) {
        self.source = source
        self.number = number
    }

    var server: String { "test" }
    var isUsable: Bool { !broken.withLockedValue { $0 } }

    var needsReset: Bool { traces.withLockedValue { $0 } }

    func leaveTraces() { traces.withLockedValue { $0 = true } }

    func breakDown() { broken.withLockedValue { $0 = true } }

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {}
    func commit() async throws -> CommitPosition? { nil }
    func rollback() async throws {}
    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {}
    func releaseSavepoint(_ name: String) async throws {}
    func rollback(toSavepoint name: String) async throws {}

    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        if let failure = source.state.withLockedValue({ $0.statementFailure }) { throw failure }
        return StatementResult()
    }

    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        throw DatabaseError(.other, "no cursors here")
    }

    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus { ServerStatus(role: .primary) }
    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool { true }

    func reset() async {
        try? await source.resets.pass()
        traces.withLockedValue { $0 = false }
        source.state.withLockedValue { $0.resets.append(number) }
    }

    func validate(deadline: ContinuousClock.Instant) async -> Bool {
        source.state.withLockedValue { state in
            state.validations.append(number)
            return state.isAlive
        }
    }

    func close() async { source.state.withLockedValue { _ = $0.open.remove(number) } }
}

/// Keeps callers waiting while it is shut; cancellation lets them go.
final class Gate: Sendable {
    private struct State {
        var isShut = false
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var last = 0
    }

    private let state = NIOLockedValueBox(State())

    var waiting: Int { state.withLockedValue { $0.waiters.count } }

    func shut() { state.withLockedValue { $0.isShut = true } }

    func open() {
        let waiters = state.withLockedValue { state in
            state.isShut = false
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    func pass() async throws {
        let number = state.withLockedValue { state in
            state.last += 1
            return state.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isShut = state.withLockedValue { state in
                    if state.isShut { state.waiters[number] = continuation }
                    return state.isShut
                }
                guard isShut else { return continuation.resume() }
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func cancel(_ number: Int) {
        state.withLockedValue { $0.waiters.removeValue(forKey: number) }?.resume(throwing: CancellationError())
    }
}
