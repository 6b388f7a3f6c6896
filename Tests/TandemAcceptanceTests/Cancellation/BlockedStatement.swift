import TandemTransactions
import Testing

/// Where the statement stands that a server is inside of when its task is cancelled.
enum BlockedStatement: String, CaseIterable, CustomTestStringConvertible {
    case inTransaction, inSavepoint, inHook, inRequiresNew, alone

    var testDescription: String { rawValue }

    /// Runs a statement that waits for the lock of a row. It is never kept.
    func run(_ attempt: Attempt) async throws {
        let database = attempt.database
        let wait: @Sendable () async throws -> Void = {
            try await database.execute("UPDATE probe SET n = n + 100 WHERE id = 0")
        }
        switch self {
        case .inTransaction: try await attempt.part(1) { try await wait() }
        case .inSavepoint:
            try await attempt.part(1) {
                try await attempt.count(1)
                try await attempt.part(2, .nested) { try await wait() }
            }
        case .inHook:
            try await attempt.part(1) {
                try await attempt.count(1)
                try Transaction.current?.beforeCommit(wait)
            }
        case .inRequiresNew:
            try await attempt.part(1) {
                try await attempt.count(1)
                try await attempt.part(2, .requiresNew) { try await wait() }
            }
        case .alone: try await wait()
        }
    }
}
