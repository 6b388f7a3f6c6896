import Tandem
import TandemSQLite
import TandemTransactions

extension EmbeddedConnection {
    public func execute(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> StatementResult {
        let parameters = statement.parameters
        return try await telling(statement) {
            let outcome = try await connection.withStatement(
                statement.sql(in: .numbered), deadline: deadline
            ) { prepared in
                try prepared.bind(parameters)
                return try StatementRun(prepared)
            }
            return outcome.result?.result(outcome) ?? StatementResult()
        }
    }

    public func openCursor(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> any ResultCursor {
        if connection.isRunWhole(statement.sql(in: .numbered)) {
            return FinishedCursor(try await execute(statement, deadline: deadline).rows)
        }
        let parameters = statement.parameters
        return try await telling(statement) {
            let cursor = try await connection.openCursor(
                statement.sql(in: .numbered), deadline: deadline
            ) { prepared in
                try prepared.bind(parameters)
            }
            return EmbeddedCursor(cursor, of: self, statement)
        }
    }
}

/// What a statement gave that was run to its end.
private struct StatementRun: Sendable {
    var rows: [ResultRow] = []
    let returnsRows: Bool
    /// Whether it counts the rows that it changes.
    let counts: Bool

    init(_ statement: PreparedStatement) throws {
        returnsRows = statement.columnCount > 0
        counts = statement.kind == .insert || statement.kind == .update || statement.kind == .delete
        var reader: RowReader?
        while try statement.step() {
            guard returnsRows else { continue }
            let current = reader ?? RowReader(statement)
            reader = current
            rows.append(current.row(of: statement))
        }
    }

    func result(_ outcome: StatementOutcome<StatementRun>) -> StatementResult {
        StatementResult(
            rows: rows, affectedRows: counts ? Int(clamping: outcome.changes) : rows.count,
            generatedKey: outcome.generatedKey)
    }
}
