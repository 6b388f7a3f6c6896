import TandemTransactions
import Testing

/// What a task does while it is cancelled. Its parts stand and fall alone, but for savepoints, which fall with theirs.
enum CancellationScenario: String, CaseIterable, CustomTestStringConvertible {
    case hooks, savepoints, requiresNew, stream, leftStream, childTasks, withoutTransaction, session,
        statementInSession, routes, primaryAsked, positionAsked, hosts

    var testDescription: String { rawValue }

    /// Whether its data sources name several hosts, the wrong one first. What happens between these only the wire shows.
    var hasHosts: Bool { self == .hosts }

    /// The part whose savepoint a part is; nil for a transaction.
    func parent(of part: Int) -> Int? { self == .savepoints && part > 1 ? 1 : nil }

    func run(_ attempt: Attempt) async throws {
        switch self {
        case .hooks: try await runHooks(attempt)
        case .savepoints: try await runSavepoints(attempt)
        case .requiresNew: try await runRequiresNew(attempt)
        case .stream, .leftStream: try await runStream(attempt)
        case .childTasks: try await runChildTasks(attempt)
        case .withoutTransaction: try await runWithoutTransaction(attempt)
        case .session: try await runSession(attempt)
        case .statementInSession: try await runStatementInSession(attempt)
        case .routes: try await runRoutes(attempt)
        case .primaryAsked: try await runPrimaryAsked(attempt)
        case .positionAsked: try await runPositionAsked(attempt)
        case .hosts: try await runHosts(attempt)
        }
    }

    private func runHooks(_ attempt: Attempt) async throws {
        try await attempt.part(1) {
            try await attempt.insert(1, 1)
            try Transaction.current?.beforeCommit {
                attempt.point()
                try await attempt.insert(1, 2)
            }
            try Transaction.current?.afterCommit { try await attempt.count(1) }
        }
    }

    /// One is kept, one fails by itself; a program may go on after either.
    private func runSavepoints(_ attempt: Attempt) async throws {
        try await attempt.part(1) {
            try await attempt.insert(1, 1)
            try? await attempt.part(2, .nested) {
                try await attempt.insert(2, 1)
                try await attempt.insert(2, 2)
            }
            try? await attempt.part(3, .nested) {
                try await attempt.insert(3, 1)
                throw Attempt.Intended()
            }
            try await attempt.insert(1, 2)
        }
    }

    private func runRequiresNew(_ attempt: Attempt) async throws {
        try await attempt.part(1) {
            try await attempt.count(1)
            try? await attempt.part(2, .requiresNew) {
                try await attempt.insert(2, 1)
                try await attempt.insert(2, 2)
            }
            try await attempt.insert(1, 1)
            try await attempt.insert(1, 2)
        }
    }

    private func runStream(_ attempt: Attempt) async throws {
        try await attempt.part(1) {
            try await attempt.insert(1, 1)
            for try await row in attempt.stream() where row % 100 == 0 {
                attempt.point()
                if self == .leftStream { break }
            }
            try await attempt.insert(1, 2)
        }
    }

    private func runChildTasks(_ attempt: Attempt) async throws {
        try await attempt.part(1) {
            try await withThrowingTaskGroup { group in
                group.addTask { try await attempt.insert(1, 1) }
                group.addTask { try await attempt.insert(1, 2) }
                group.addTask { _ = try await attempt.count(1) }
                try await group.waitForAll()
            }
        }
    }

    /// Each statement is final alone: it is a part whose pieces come and go together.
    private func runWithoutTransaction(_ attempt: Attempt) async throws {
        try await attempt.database.transaction(propagation: .supports) {
            try await attempt.statement(1)
            try await attempt.statement(2)
        }
        _ = try await attempt.count(1)
    }

    /// A user's read after their write, which waits for the replica.
    private func runSession(_ attempt: Attempt) async throws {
        try await DatabaseSession.with { _ in
            try await attempt.part(1) {
                try await attempt.insert(1, 1)
                try await attempt.insert(1, 2)
            }
            try await attempt.database.transaction(readOnly: true) {
                let seen = try await attempt.count(1)
                #expect(seen == 2)
                for try await _ in attempt.stream() {}
            }
        }
    }

    /// The position of a statement that is final alone is asked for behind it.
    private func runStatementInSession(_ attempt: Attempt) async throws {
        try await DatabaseSession.with { _ in
            try await attempt.statement(1)
            try await attempt.database.transaction(readOnly: true) {
                let seen = try await attempt.count(1)
                #expect(seen == 2)
            }
        }
    }

    /// A level that is set with BEGIN, a replica that is asked how far it is behind, and statements that must not write,
    /// each in a small transaction of its own.
    private func runRoutes(_ attempt: Attempt) async throws {
        let database = attempt.database
        try await attempt.part(1, isolation: .serializable) {
            try await attempt.insert(1, 1)
            try await attempt.insert(1, 2)
        }
        try await database.transaction(readOnly: true, freshness: .maxLag(.seconds(600))) {
            _ = try await attempt.count(1)
        }
        try await database.transaction(readOnly: true, propagation: .supports, freshness: .any) {
            try await attempt.count(1)
            for try await _ in attempt.stream() {}
        }
    }

    /// Reads that nobody but the primary takes, and that ask it first: whether it still is one and where it stands, and then
    /// to wait for a position that it does not reach.
    private func runPrimaryAsked(_ attempt: Attempt) async throws {
        let database = attempt.database
        try await DatabaseSession.with(positions: try attempt.unknownPosition) { session in
            try await database.transaction(readOnly: true) { _ = try await attempt.count(1) }
            try await attempt.part(1) {
                try await attempt.insert(1, 1)
                try await attempt.insert(1, 2)
            }
            let position = try #require(session.position(in: database))
            try await database.transaction(readOnly: true, freshness: .atLeast(position.neverReached)) {
                let seen = try await attempt.count(1)
                #expect(seen == 2)
            }
        }
    }

    /// The primary is asked where it stands for a read that may not go there: nobody knows what its session has written.
    private func runPositionAsked(_ attempt: Attempt) async throws {
        try await attempt.part(1) {
            try await attempt.insert(1, 1)
            try await attempt.insert(1, 2)
        }
        try await DatabaseSession.with(positions: try attempt.unknownPosition) { _ in
            try await attempt.database.transaction(readOnly: true) {
                let seen = try await attempt.count(1)
                #expect(seen == 2)
            }
        }
    }

    /// Each server is looked for among several hosts.
    private func runHosts(_ attempt: Attempt) async throws {
        _ = try await attempt.database.transaction(readOnly: true, freshness: .any) { try await attempt.count(1) }
        try await attempt.part(1) {
            try await attempt.insert(1, 1)
            try await attempt.insert(1, 2)
        }
    }
}

extension CommitPosition {
    /// A position of the same log that is far ahead.
    fileprivate var neverReached: CommitPosition {
        let place = text.lastIndex { "/-:".contains($0) } ?? text.startIndex
        return CommitPosition(engine, text[...place] + (engine == .postgresql ? "FFFFFF00" : "4000000000"))
    }
}
