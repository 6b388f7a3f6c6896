import NIOConcurrencyHelpers
import TandemTransactions

/// Two servers in memory that treat transactions, savepoints, read-only and failed transactions as PostgreSQL does. The
/// replica is always level.
final class ModelBed: Bed {
    private let committed = NIOLockedValueBox<[Int: String]>([:])

    func dataSources() -> (primary: any DataSource, replica: any DataSource) {
        (
            ModelDataSource(name: "model-primary", isReplica: false, committed),
            ModelDataSource(name: "model-replica", isReplica: true, committed)
        )
    }

    func reset() async throws { committed.withLockedValue { $0 = [1: "old", 2: "old"] } }
    func titles() async throws -> [Int: String] { committed.withLockedValue { $0 } }
}

private struct ModelDataSource: DataSource {
    let name: String
    let isReplica: Bool
    let committed: NIOLockedValueBox<[Int: String]>
    var engine: Engine { Engine(rawValue: "model") }
    var writers: WriterCount { .many }

    init(name: String, isReplica: Bool, _ committed: NIOLockedValueBox<[Int: String]>) {
        self.name = name
        self.isReplica = isReplica
        self.committed = committed
    }

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        ModelConnection(self)
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? { true }
}

private final class ModelConnection: DataSourceConnection {
    private struct Transaction {
        var isReadOnly: Bool
        var isAborted = false
        var changes: [Int: String] = [:]
        var savepoints: [(name: String, changes: [Int: String])] = []
    }

    private let source: ModelDataSource
    private let transaction = NIOLockedValueBox<Transaction?>(nil)

    init(_ source: ModelDataSource) { self.source = source }

    var server: String { source.name }
    var isUsable: Bool { true }

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {
        transaction.withLockedValue {
            $0 = Transaction(isReadOnly: characteristics.isReadOnly || source.isReplica)
        }
    }

    func commit() async throws -> CommitPosition? {
        let ended = transaction.withLockedValue { transaction in
            defer { transaction = nil }
            return transaction
        }
        guard let ended else { return nil }
        if ended.isAborted { throw Self.aborted }
        source.committed.withLockedValue { $0.merge(ended.changes) { $1 } }
        return nil
    }

    func rollback() async throws { transaction.withLockedValue { $0 = nil } }

    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {
        try transaction.withLockedValue { transaction in
            if transaction?.isAborted ?? false { throw Self.aborted }
            let changes = transaction?.changes ?? [:]
            transaction?.savepoints.append((name, changes))
        }
    }

    func releaseSavepoint(_ name: String) async throws {
        transaction.withLockedValue { transaction in
            guard let place = transaction?.savepoints.lastIndex(where: { $0.name == name }) else { return }
            transaction?.savepoints.removeSubrange(place...)
        }
    }

    func rollback(toSavepoint name: String) async throws {
        transaction.withLockedValue { transaction in
            guard let place = transaction?.savepoints.lastIndex(where: { $0.name == name }) else { return }
            let changes = transaction?.savepoints[place].changes ?? [:]
            transaction?.changes = changes
            transaction?.isAborted = false
        }
    }

    /// `SELECT … = id` gives the title of a row, `UPDATE … = title … = id` sets it, anything else is an error.
    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        try transaction.withLockedValue { transaction in
            if transaction?.isAborted ?? false { throw Self.aborted }
            do { return try run(statement, &transaction) } catch {
                transaction?.isAborted = true
                throw error
            }
        }
    }

    private func run(_ statement: Statement, _ transaction: inout Transaction?) throws -> StatementResult {
        let text = statement.redacted
        let parameters = statement.parameters
        if text.hasPrefix("SELECT"), let id = parameters.last.flatMap({ Int(sqlValue: $0) }) {
            let title = transaction?.changes[id] ?? source.committed.withLockedValue { $0[id] }
            let columns = ResultRow.Columns(["title"])
            return StatementResult(rows: title.map { [ResultRow(columns: columns, values: [.text($0)])] } ?? [])
        }
        guard text.hasPrefix("UPDATE"), parameters.count == 2, let id = Int(sqlValue: parameters[1]) else {
            throw DatabaseError(.invalidStatement, "the model knows no such statement", sqlState: "42601")
        }
        if transaction?.isReadOnly ?? source.isReplica {
            throw DatabaseError(.readOnlyTransaction, "cannot execute UPDATE", sqlState: "25006")
        }
        guard let title = String(sqlValue: parameters[0]) else {
            throw DatabaseError(.notNullViolation, "null value in column title", sqlState: "23502")
        }
        if transaction == nil { source.committed.withLockedValue { $0[id] = title } }
        transaction?.changes[id] = title
        return StatementResult(affectedRows: 1)
    }

    private static let aborted = DatabaseError(
        .transactionAborted, "current transaction is aborted", sqlState: "25P02")

    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        throw DatabaseError(.invalidStatement, "the model has no cursors", sqlState: "0A000")
    }

    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus {
        ServerStatus(role: source.isReplica ? .replica : .primary, lag: .zero)
    }

    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool { true }
    func reset() async { transaction.withLockedValue { $0 = nil } }
    func validate(deadline: ContinuousClock.Instant) async -> Bool { true }
    func close() async {}
}
