import TandemTransactions

/// A data source that tells a recorder which of its connections each statement is sent on.
struct LabellingDataSource: DataSource {
    private let source: any DataSource
    private let letter: String
    private let recorder: Recorder

    init(_ source: any DataSource, letter: String, _ recorder: Recorder) {
        self.source = source
        self.letter = letter
        self.recorder = recorder
    }

    var name: String { source.name }
    var engine: Engine { source.engine }
    var writers: WriterCount { source.writers }
    var readsTakeWriter: Bool { source.readsTakeWriter }

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        LabellingConnection(try await source.connect(to: role, deadline: deadline), letter, recorder)
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        source.isReached(wanted, by: reached)
    }

    func latest(_ first: CommitPosition, _ second: CommitPosition) -> CommitPosition { source.latest(first, second) }
}

private final class LabellingConnection: DataSourceConnection {
    private let connection: any DataSourceConnection
    private let letter: String
    private let recorder: Recorder

    init(_ connection: any DataSourceConnection, _ letter: String, _ recorder: Recorder) {
        self.connection = connection
        self.letter = letter
        self.recorder = recorder
    }

    private func used() { recorder.used(ObjectIdentifier(self), letter: letter) }

    var server: String { connection.server }
    var isUsable: Bool { connection.isUsable }
    var needsReset: Bool { connection.needsReset }

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {
        try await connection.begin(characteristics, deadline: deadline)
    }

    func begin(
        _ characteristics: TransactionCharacteristics, executing statement: Statement,
        deadline: ContinuousClock.Instant?
    ) async throws -> Result<StatementResult, any Error> {
        used()
        return try await connection.begin(characteristics, executing: statement, deadline: deadline)
    }

    func commit() async throws -> CommitPosition? { try await connection.commit() }
    func rollback() async throws { try await connection.rollback() }

    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {
        try await connection.setSavepoint(name, deadline: deadline)
    }

    func releaseSavepoint(_ name: String) async throws { try await connection.releaseSavepoint(name) }
    func rollback(toSavepoint name: String) async throws { try await connection.rollback(toSavepoint: name) }

    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        used()
        return try await connection.execute(statement, deadline: deadline)
    }

    func executeAlone(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> (StatementResult, StatementCommit) {
        used()
        return try await connection.executeAlone(statement, deadline: deadline)
    }

    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        used()
        return try await connection.openCursor(statement, deadline: deadline)
    }

    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus {
        try await connection.status(deadline: deadline)
    }

    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool {
        try await connection.waitUntilReached(position, deadline: deadline)
    }

    func reset() async { await connection.reset() }
    func validate(deadline: ContinuousClock.Instant) async -> Bool { await connection.validate(deadline: deadline) }
    func close() async { await connection.close() }
}
