/// What can run queries: a ``Database`` in its current transaction, or the handle of a transaction.
public protocol QueryRunner: Sendable {
    /// Where its statements go.
    var target: StatementTarget { get }
}

/// What can run statements that write as well.
public protocol StatementRunner: QueryRunner {}

/// Where statements go: a database, and the transaction that is current or that a handle stands for.
public struct StatementTarget: Sendable {
    let database: Database
    /// The handle's scope; nil for whatever is current.
    let scope: Scope?
}

extension Database: StatementRunner {
    public var target: StatementTarget { StatementTarget(database: self, scope: nil) }
}

extension StatementTarget {
    /// Runs a statement in the transaction, or by itself where there is none.
    nonisolated(nonsending) func run(_ statement: Statement) async throws -> StatementResult {
        let current = scope ?? Scope.current
        if let scope = scope ?? Scope.innermost(of: database, from: current), let holder = scope.holder {
            return try await holder.run(statement, in: scope)
        }
        return try await database.runAlone(statement, in: current)
    }
}
