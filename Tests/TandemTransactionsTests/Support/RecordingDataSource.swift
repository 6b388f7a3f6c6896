import NIOConcurrencyHelpers
import TandemTransactions

/// A data source without a database: it writes down what is asked of its connections and answers as it is told.
final class RecordingDataSource: DataSource {
    typealias Answer = @Sendable (String) async throws -> StatementResult

    let name: String
    let engine = Engine(rawValue: "recording")
    let writers: WriterCount
    let readsTakeWriter: Bool
    let log: Log
    /// How old the state is that its server says it shows.
    let lag: Duration?
    /// Whether its server says anything of itself, or is silent until the deadline.
    let tellsStatus: Bool
    /// Whether connections are of no use behind a timeout, as where a cancel request hangs.
    fileprivate let breaksAtTimeouts: Bool
    /// Whether calls of a cancelled task end before they have done anything, as those of a driver do that looks.
    fileprivate let heedsCancellation: Bool
    /// What is told of the commit of a statement without a transaction; nil for what drivers tell that know nothing of it.
    fileprivate let commit: StatementCommit?
    private let connections = NIOLockedValueBox(0)
    fileprivate let answer: Answer

    /// What happened, in order, on all connections that write to it.
    final class Log: Sendable {
        private let entries = NIOLockedValueBox<[String]>([])
        var all: [String] { entries.withLockedValue { $0 } }
        func append(_ entry: String) { entries.withLockedValue { $0.append(entry) } }
    }

    init(
        _ name: String = "M", writers: WriterCount = .many, readsTakeWriter: Bool = false, lag: Duration? = nil,
        tellsStatus: Bool = true,
        breaksAtTimeouts: Bool = false, heedsCancellation: Bool = true, commit: StatementCommit? = nil,
        log: Log = Log(),
        answer: @escaping Answer = { _ in StatementResult() }
    ) {
        self.name = name
        self.writers = writers
        self.readsTakeWriter = readsTakeWriter
        self.lag = lag
        self.tellsStatus = tellsStatus
        self.breaksAtTimeouts = breaksAtTimeouts
        self.heedsCancellation = heedsCancellation
        self.commit = commit
        self.log = log
        self.answer = answer
    }

    var events: [String] { log.all }

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        let number = connections.withLockedValue { number in
            number += 1
            return number
        }
        return RecordingConnection(self, number, role ?? .primary)
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? { nil }
}

final class RecordingConnection: DataSourceConnection {
    let server: String
    private let source: RecordingDataSource
    let role: ServerRole
    private let broken = NIOLockedValueBox(false)

    init(_ source: RecordingDataSource, _ number: Int, _ role: ServerRole) {
        self.source = source
        self.role = role
        server = source.name + String(number)
    }

    var isUsable: Bool { !broken.withLockedValue { $0 } }

    /// Writes an event down and gets its answer. A cancelled task is told so before and after what can be cancelled.
    @discardableResult
    private func record(_ event: String, isCancellable: Bool = true) async throws -> StatementResult {
        let isCancellable = isCancellable && source.heedsCancellation
        if isCancellable { try Task.checkCancellation() }
        source.log.append("\(server) \(event)")
        do {
            let result = try await source.answer(event)
            if isCancellable { try Task.checkCancellation() }
            return result
        } catch {
            if let error = error as? DatabaseError,
                error.isConnectionFailure || (error.code == .timeout && source.breaksAtTimeouts)
            {
                broken.withLockedValue { $0 = true }
            }
            throw error
        }
    }

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {
        try await record("BEGIN" + (characteristics.isReadOnly ? " READ ONLY" : ""))
    }

    func commit() async throws -> CommitPosition? {
        try await record("COMMIT", isCancellable: false)
        return nil
    }

    func rollback() async throws { try await record("ROLLBACK", isCancellable: false) }

    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {
        try await record("SAVEPOINT \(name)")
    }

    func releaseSavepoint(_ name: String) async throws { try await record("RELEASE \(name)") }

    func rollback(toSavepoint name: String) async throws { try await record("ROLLBACK TO \(name)") }

    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        try await record(statement.redacted)
    }

    func executeAlone(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> (StatementResult, StatementCommit) {
        let result = try await execute(statement, deadline: deadline)
        return (result, source.commit ?? (statement.isSurelyReading ? .nothing : .untold))
    }

    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        RecordingCursor(self, try await record("CURSOR " + statement.redacted).rows)
    }

    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus {
        guard !source.tellsStatus else { return ServerStatus(role: role, lag: source.lag) }
        try await Task.sleep(until: deadline ?? .now + .seconds(600), clock: .continuous)
        throw DatabaseError(.timeout, "the deadline passed", sqlState: "57014")
    }

    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool { true }

    func reset() async { source.log.append("\(server) RESET") }

    func validate(deadline: ContinuousClock.Instant) async -> Bool { true }

    func close() async { source.log.append("\(server) CLOSE") }

    fileprivate func cursorClosed() { source.log.append("\(server) CURSOR CLOSED") }
}

private final class RecordingCursor: ResultCursor {
    private let connection: RecordingConnection
    private let rows: NIOLockedValueBox<[ResultRow]>

    init(_ connection: RecordingConnection, _ rows: [ResultRow]) {
        self.connection = connection
        self.rows = NIOLockedValueBox(rows)
    }

    func next(_ count: Int) async throws -> [ResultRow]? {
        rows.withLockedValue { rows in
            if rows.isEmpty { return nil }
            defer { rows.removeFirst(min(count, rows.count)) }
            return Array(rows.prefix(count))
        }
    }

    func close() async { connection.cursorClosed() }
}
