import TandemTransactions

/// Connections that do nothing, so that what is measured is the layer alone.
struct IdleDataSource: DataSource {
    let name = "idle"
    let engine = Engine(rawValue: "idle")
    let writers = WriterCount.many

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        IdleConnection()
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? { nil }
}

final class IdleConnection: DataSourceConnection {
    let server = "idle"
    let isUsable = true
    private static let result = StatementResult(
        rows: [ResultRow(columns: ResultRow.Columns(["1"]), values: [.integer(1)])], affectedRows: 1)

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {}
    func commit() async throws -> CommitPosition? { nil }
    func rollback() async throws {}
    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {}
    func releaseSavepoint(_ name: String) async throws {}
    func rollback(toSavepoint name: String) async throws {}

    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        Self.result
    }

    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        throw DatabaseError(.invalidStatement, "an idle connection has no rows")
    }

    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus { ServerStatus(role: .primary) }
    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool { true }
    func reset() async {}
    func validate(deadline: ContinuousClock.Instant) async -> Bool { true }
    func close() async {}
}
