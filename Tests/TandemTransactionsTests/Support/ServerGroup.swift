import NIOConcurrencyHelpers
import TandemTransactions

/// Servers without a database, one of them the primary: each shows the commits up to its own position. Roles change,
/// servers fall behind, take no new connections, break those that are there, and are silent, as a test says.
final class ServerGroup: Sendable {
    static let engine = Engine(rawValue: "group")

    struct Server: Sendable {
        var role: ServerRole
        var position = 0
        var takesConnections = true
        /// Whether it answers on connections that were made before.
        var answers = true
        /// Whether it tells its status.
        var tellsStatus = true
        /// Whether it says nothing to anybody, until they give up.
        var isSilent = false
        /// Whether the task that waits for it to show a position is cancelled meanwhile, which the connection does not survive.
        var cancelsWaits = false
        /// How often it was asked for its status.
        var questions = 0
        /// How often it was asked whether it is alive.
        var validations = 0
        /// Until when it was waited for last to show a position.
        var awaitedUntil: ContinuousClock.Instant?
    }

    private let servers: NIOLockedValueBox<[String: Server]>

    /// - Parameter replicas: the names of those beside `primary`.
    init(primary: String, replicas: [String]) {
        var servers = [primary: Server(role: .primary)]
        for replica in replicas { servers[replica] = Server(role: .replica) }
        self.servers = NIOLockedValueBox(servers)
    }

    /// A data source that names them all, in this order.
    func source(_ hosts: String...) -> any DataSource { GroupDataSource(hosts: hosts, group: self) }

    subscript(_ name: String) -> Server {
        servers.withLockedValue { $0[name] ?? Server(role: .replica) }
    }

    func change(_ name: String, _ change: (inout Server) -> Void) {
        servers.withLockedValue { servers in
            var server = servers[name] ?? Server(role: .replica)
            change(&server)
            servers[name] = server
        }
    }

    /// Lets a server show all that any does.
    func catchUp(_ name: String) {
        servers.withLockedValue { servers in
            let newest = servers.values.map(\.position).max() ?? 0
            servers[name]?.position = newest
        }
    }

    static func position(_ number: Int) -> CommitPosition { CommitPosition(engine, "\(number)") }
}

private struct GroupDataSource: DataSource {
    let hosts: [String]
    let group: ServerGroup
    var name: String { hosts.joined(separator: ",") }
    var engine: Engine { ServerGroup.engine }
    var writers: WriterCount { .many }

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        for host in hosts where group[host].takesConnections {
            if group[host].isSilent {
                try await Task.sleep(until: deadline, clock: .continuous)
                continue
            }
            if let role, group[host].role != role { continue }
            return GroupConnection(to: host, group)
        }
        throw DatabaseError(.noServer, "none of \(name) will do", sqlState: "08001")
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        guard let wanted = Int(wanted.text), let reached = Int(reached.text) else { return nil }
        return wanted <= reached
    }
}

private final class GroupConnection: DataSourceConnection {
    let server: String
    private let group: ServerGroup
    private let role: ServerRole
    private struct State {
        var isBroken = false
        var isInTransaction = false
        var hasWritten = false
        var losesAnswer = false
    }
    private let state = NIOLockedValueBox(State())

    init(to server: String, _ group: ServerGroup) {
        self.server = server
        self.group = group
        role = group[server].role
    }

    var isUsable: Bool { !state.withLockedValue { $0.isBroken } }

    private func checkAnswers() throws {
        guard group[server].answers else {
            state.withLockedValue { $0.isBroken = true }
            throw DatabaseError(.connectionLost, "\(server) is gone", sqlState: "08006")
        }
    }

    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws {
        try checkAnswers()
        state.withLockedValue { $0.isInTransaction = true }
    }

    private func write() -> CommitPosition {
        group.change(server) { $0.position += 1 }
        return ServerGroup.position(group[server].position)
    }

    func commit() async throws -> CommitPosition? {
        try checkAnswers()
        let ended = state.withLockedValue { state in
            defer { state = State() }
            return state
        }
        guard ended.hasWritten else { return nil }
        let position = write()
        if ended.losesAnswer { throw DatabaseError(.outcomeUnknown, "the answer is lost", sqlState: "08007") }
        return position
    }

    func rollback() async throws { state.withLockedValue { $0 = State(isBroken: $0.isBroken) } }
    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws {}
    func releaseSavepoint(_ name: String) async throws {}
    func rollback(toSavepoint name: String) async throws {}

    /// What writes says INSERT, and what else is to happen.
    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult {
        try checkAnswers()
        let words = statement.redacted
        guard words.contains("INSERT") else { return StatementResult() }
        let isInTransaction = state.withLockedValue { state in
            state.hasWritten = state.isInTransaction
            state.losesAnswer = words.contains("lose the answer")
            return state.isInTransaction
        }
        if !isInTransaction { _ = write() }
        if words.contains("cancel the task") { withUnsafeCurrentTask { $0?.cancel() } }
        return StatementResult(affectedRows: 1)
    }

    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor {
        _ = try await execute(statement, deadline: deadline)
        return EmptyCursor()
    }

    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus {
        try Task.checkCancellation()
        try checkAnswers()
        group.change(server) { $0.questions += 1 }
        let server = group[server]
        guard server.tellsStatus else { throw DatabaseError(.timeout, "no status", sqlState: "57014") }
        if server.role != role { state.withLockedValue { $0.isBroken = true } }
        return ServerStatus(role: server.role, position: ServerGroup.position(server.position), lag: .zero)
    }

    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool {
        try checkAnswers()
        group.change(server) { $0.awaitedUntil = deadline }
        if group[server].cancelsWaits {
            withUnsafeCurrentTask { $0?.cancel() }
            state.withLockedValue { $0.isBroken = true }
            throw CancellationError()
        }
        return Int(position.text).map { $0 <= group[server].position } ?? false
    }

    func reset() async {}
    func validate(deadline: ContinuousClock.Instant) async -> Bool {
        group.change(server) { $0.validations += 1 }
        guard group[server].isSilent else { return group[server].answers }
        try? await Task.sleep(until: deadline, clock: .continuous)
        return false
    }
    func close() async {}
}

private final class EmptyCursor: ResultCursor {
    func next(_ count: Int) async throws -> [ResultRow]? { nil }
    func close() async {}
}
