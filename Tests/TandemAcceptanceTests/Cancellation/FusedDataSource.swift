import TandemTransactions

/// A data source that passes a fuse's point before and after each call of a driver.
struct FusedDataSource: DataSource {
    private let source: any DataSource
    private let fuse: Fuse

    init(_ source: any DataSource, _ fuse: Fuse) {
        self.source = source
        self.fuse = fuse
    }

    var name: String { source.name }
    var engine: Engine { source.engine }
    var writers: WriterCount { source.writers }
    var readsTakeWriter: Bool { source.readsTakeWriter }

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        fuse.pass()
        defer { fuse.pass() }
        return FusedConnection(try await source.connect(to: role, deadline: deadline), fuse)
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        source.isReached(wanted, by: reached)
    }

    func latest(_ first: CommitPosition, _ second: CommitPosition) -> CommitPosition { source.latest(first, second) }
}

private final class FusedConnection: DataSourceConnection {
    private let connection: any DataSourceConnection
    private let fuse: Fuse

    init(_ connection: any DataSourceConnection, _ fuse: Fuse) {
        self.connection = connection
        self.fuse = fuse
    }

    private nonisolated(nonsending) func between<Value>(_ call: () async throws -> Value) async rethrows -> Value {
        fuse.pass()
        defer { fuse.pass() }
        return try await call()
    }

    var server: String { connection.server }
    var isUsable: Bool { connection.isUsable }
    var needsReset: Bool { connection.needsReset }

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {
        try await between { try await connection.begin(characteristics, deadline: deadline) }
    }

    func begin(
        _ characteristics: TransactionCharacteristics, executing statement: Statement,
        deadline: ContinuousClock.Instant?
    ) async throws -> Result<StatementResult, any Error> {
        try await between {
            try await connection.begin(characteristics, executing: statement, deadline: deadline)
        }
    }

    func commit() async throws -> CommitPosition? { try await between { try await connection.commit() } }
    func rollback() async throws { try await between { try await connection.rollback() } }

    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {
        try await between { try await connection.setSavepoint(name, deadline: deadline) }
    }

    func releaseSavepoint(_ name: String) async throws {
        try await between { try await connection.releaseSavepoint(name) }
    }

    func rollback(toSavepoint name: String) async throws {
        try await between { try await connection.rollback(toSavepoint: name) }
    }

    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        try await between { try await connection.execute(statement, deadline: deadline) }
    }

    func executeAlone(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> (StatementResult, StatementCommit) {
        try await between { try await connection.executeAlone(statement, deadline: deadline) }
    }

    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        let cursor = try await between { try await connection.openCursor(statement, deadline: deadline) }
        return FusedCursor(cursor, fuse)
    }

    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus {
        try await between { try await connection.status(deadline: deadline) }
    }

    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool {
        try await between { try await connection.waitUntilReached(position, deadline: deadline) }
    }

    func reset() async { await between { await connection.reset() } }

    func validate(deadline: ContinuousClock.Instant) async -> Bool {
        await between { await connection.validate(deadline: deadline) }
    }

    func close() async { await between { await connection.close() } }
}

private final class FusedCursor: ResultCursor {
    private let cursor: any ResultCursor
    private let fuse: Fuse

    init(_ cursor: any ResultCursor, _ fuse: Fuse) {
        self.cursor = cursor
        self.fuse = fuse
    }

    func next(_ count: Int) async throws -> [ResultRow]? {
        fuse.pass()
        defer { fuse.pass() }
        return try await cursor.next(count)
    }

    func close() async {
        fuse.pass()
        await cursor.close()
        fuse.pass()
    }
}
