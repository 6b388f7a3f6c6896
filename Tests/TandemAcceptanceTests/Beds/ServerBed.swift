import TandemTransactions

/// A bed over real servers, whatever engine they are of: it asks them through connections of its own.
actor ServerBed: Bed {
    private let primary: any DataSource
    private let replica: any DataSource
    nonisolated let wire: Wire?
    nonisolated let replicaWire: Wire?
    private let blocked: @Sendable () async throws -> Int
    private var connections: (primary: any DataSourceConnection, replica: any DataSourceConnection)?

    /// - Parameter blocked: counts the statements that wait on the primary for a lock.
    init(
        primary: any DataSource, replica: any DataSource, wire: Wire? = nil, replicaWire: Wire? = nil,
        blocked: @escaping @Sendable () async throws -> Int
    ) {
        self.blocked = blocked
        self.wire = wire
        self.replicaWire = replicaWire
        self.primary = primary
        self.replica = replica
    }

    /// A bed of servers that are reached over a wire, by their ports on loopback.
    ///
    /// - Parameters:
    ///   - ports: the servers'.
    ///   - source: the data source of the servers at these ports.
    ///   - blocked: counts the statements that wait on the primary for a lock.
    init(
        ports: (primary: Int, replica: Int), source: @escaping @Sendable ([Int]) throws -> any DataSource,
        blocked: @escaping @Sendable () async throws -> Int
    ) throws {
        self.init(
            primary: try source([ports.primary]), replica: try source([ports.replica]),
            wire: Wire(port: ports.primary, source: source), replicaWire: Wire(port: ports.replica, source: source),
            blocked: blocked)
    }

    nonisolated func dataSources() -> (primary: any DataSource, replica: any DataSource) { (primary, replica) }

    func blockedStatements() async throws -> Int { try await blocked() }

    func reset() async throws {
        let (primary, replica) = try await connected()
        try await Self.run("DELETE FROM book", on: primary)
        try await Self.run("INSERT INTO book (id, title) VALUES (1, 'old'), (2, 'old')", on: primary)
        guard let position = try await primary.status(deadline: Self.soon).position else {
            throw DatabaseError(.other, "\(primary.server) does not say how far it is")
        }
        guard try await replica.waitUntilReached(position, deadline: Self.soon) else {
            throw DatabaseError(.other, "\(replica.server) did not reach \(position)")
        }
    }

    func titles() async throws -> [Int: String] {
        let rows = try await Self.run("SELECT id, title FROM book", on: try await connected().primary).rows
        return Dictionary(
            rows.compactMap { row in
                Int(sqlValue: row[0]).flatMap { id in String(sqlValue: row[1]).map { (id, $0) } }
            }
        ) { first, _ in first }
    }

    private func connected() async throws -> (primary: any DataSourceConnection, replica: any DataSourceConnection) {
        if let connections { return connections }
        let made = (
            try await primary.connect(to: .primary, deadline: Self.soon),
            try await replica.connect(to: .replica, deadline: Self.soon)
        )
        try await Self.run("CREATE TABLE book (id INTEGER PRIMARY KEY, title VARCHAR(200) NOT NULL)", on: made.0)
        connections = made
        return made
    }

    @discardableResult
    private static func run(
        _ statement: Statement, on connection: any DataSourceConnection
    ) async throws -> StatementResult {
        try await connection.execute(statement, deadline: soon)
    }

    private static var soon: ContinuousClock.Instant { .now + .seconds(30) }
}
