import NIOConcurrencyHelpers
import TandemTransactions

/// A primary and a replica without a database: the primary counts its commits, the replica shows those up to where it is
/// told. Any number of instances of a service may be connected to them.
final class LaggingServers: Sendable {
    private struct State {
        var committed = 0
        var applied = 0
    }

    static let engine = Engine(rawValue: "counting")
    private let name: String
    private let state = NIOLockedValueBox(State())

    /// - Parameter name: what their names begin with.
    init(_ name: String = "") { self.name = name }

    fileprivate func commit() -> Int {
        state.withLockedValue { state in
            state.committed += 1
            return state.committed
        }
    }

    fileprivate func position(of role: ServerRole) -> Int {
        state.withLockedValue { role == .primary ? $0.committed : $0.applied }
    }

    /// Lets the replica show everything.
    func catchUp() { state.withLockedValue { $0.applied = $0.committed } }

    /// Lets the replica show so many commits.
    func catchUp(to count: Int) { state.withLockedValue { $0.applied = count } }

    /// An instance's own connections.
    func database(_ configuration: Database.Configuration = .init()) -> Database {
        var configuration = configuration
        configuration.routing.positionTimeout = .milliseconds(1)
        return Database(
            primary: LaggingDataSource(name: name + "primary", role: .primary, servers: self),
            replicas: [LaggingDataSource(name: name + "replica", role: .replica, servers: self)],
            configuration: configuration)
    }
}

private struct LaggingDataSource: DataSource {
    let name: String
    let role: ServerRole
    let servers: LaggingServers
    var engine: Engine { LaggingServers.engine }
    var writers: WriterCount { .many }

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        LaggingConnection(server: name, role: self.role, servers: servers)
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        guard let wanted = Int(wanted.text), let reached = Int(reached.text) else { return nil }
        return wanted <= reached
    }
}

private final class LaggingConnection: DataSourceConnection {
    let server: String
    let isUsable = true
    private let role: ServerRole
    private let servers: LaggingServers
    private let hasWritten = NIOLockedValueBox(false)

    init(server: String, role: ServerRole, servers: LaggingServers) {
        self.server = server
        self.role = role
        self.servers = servers
    }

    private func position(_ number: Int) -> CommitPosition { CommitPosition(LaggingServers.engine, "\(number)") }

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {}

    func commit() async throws -> CommitPosition? {
        let hadWritten = hasWritten.withLockedValue { hasWritten in
            defer { hasWritten = false }
            return hasWritten
        }
        return hadWritten ? position(servers.commit()) : nil
    }

    func rollback() async throws { hasWritten.withLockedValue { $0 = false } }
    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {}
    func releaseSavepoint(_ name: String) async throws {}
    func rollback(toSavepoint name: String) async throws {}

    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        if statement.redacted == "WRITE" { hasWritten.withLockedValue { $0 = true } }
        return StatementResult()
    }

    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        throw DatabaseError(.other, "there are no cursors here")
    }

    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus {
        ServerStatus(role: role, position: position(servers.position(of: role)))
    }

    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool {
        Int(position.text).map { $0 <= servers.position(of: role) } ?? false
    }

    func reset() async {}
    func validate(deadline: ContinuousClock.Instant) async -> Bool { true }
    func close() async {}
}
