import TandemTestServers
import Testing

@testable import TandemTransactions

/// An engine with the tables of the cancellation tests, and what must hold after each of their runs.
struct CancellationBed {
    let engine: Engines
    let bed: any Bed
    private let observer: any DataSourceConnection

    /// So many connections each pool has at most.
    static let poolSize = 3

    /// Tables are made with the first use of an engine.
    static func make(on engine: Engines) async throws -> CancellationBed {
        let bed = try await Beds.shared.stand(on: engine).bed
        let observer = try await bed.dataSources().primary.connect(to: .primary, deadline: soon)
        let made = CancellationBed(engine: engine, bed: bed, observer: observer)
        for table in ["part", "series", "probe"] { try await made.run("DROP TABLE IF EXISTS \(identifier: table)") }
        try await made.run(
            "CREATE TABLE part (run INTEGER, part INTEGER, piece INTEGER, PRIMARY KEY (run, part, piece))")
        try await made.run("CREATE TABLE series (i INTEGER PRIMARY KEY)")
        // More than a stream fetches at once.
        let numbers = (1...600).map { "(\($0))" }.joined(separator: ", ")
        try await made.run("INSERT INTO series (i) VALUES \(raw: numbers)")
        try await made.run("CREATE TABLE probe (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        for id in 0..<poolSize { try await made.run("INSERT INTO probe (id, n) VALUES (\(id), 0)") }
        return made
    }

    func close() async { await observer.close() }

    /// A database over the engine's pair with pools of few connections.
    func database(
        _ primary: any DataSource, _ replica: any DataSource, for scenario: CancellationScenario? = nil
    ) throws -> Database {
        let pool = try PoolConfiguration(maximumSize: Self.poolSize, minimumIdle: 0, acquireTimeout: .seconds(20))
        // The replica is waited for until it is there: which servers are used does not depend on their speed.
        var routing = RoutingConfiguration(positionTimeout: .seconds(20))
        if scenario == .primaryAsked { routing.positionTimeout = .milliseconds(50) }
        routing.fallsBackToPrimary = scenario != .positionAsked
        return Database(
            primary: primary, replicas: scenario == .primaryAsked ? [] : [replica],
            configuration: .init(routing: routing, pool: pool))
    }

    // MARK: After a run

    /// Every part is there as a whole or not at all, as its caller and its hooks were told.
    func checkData(of attempt: Attempt, _ scenario: CancellationScenario, _ comment: Comment) async throws {
        let rows = try await run(
            "SELECT part, COUNT(*) FROM part WHERE run = \(attempt.number) GROUP BY part"
        ).rows
        var counts: [Int: Int] = [:]
        for row in rows {
            let part = try #require(Int(sqlValue: row[0]))
            counts[part] = Int(sqlValue: row[1])
        }
        for (part, count) in counts { #expect(count == 2, "part \(part) is kept in half; \(comment)") }
        let outcomes = attempt.outcomes
        for (part, outcome) in outcomes {
            var isKept = outcome == .committed
            if let parent = scenario.parent(of: part) { isKept = isKept && outcomes[parent] == .committed }
            // The wait of a Tandem node's statement for acknowledgements is broken off, and that is said.
            if outcome == .unknown, mayBeInDoubt(scenario) { continue }
            #expect(outcome != .unknown, "COMMIT goes on although its task is cancelled; \(comment)")
            #expect((counts[part] != nil) == isKept, "part \(part), told \(outcome); \(comment)")
            guard let told = attempt.outcomesOfHooks[part] else { continue }
            #expect((told == .committed) == isKept, "part \(part), hooks were told \(told); \(comment)")
        }
    }

    /// Whether a statement that is final by itself may be in doubt when it is cancelled.
    func mayBeInDoubt(_ scenario: CancellationScenario) -> Bool {
        engine.hasOneWriter && (scenario == .withoutTransaction || scenario == .statementInSession)
    }

    /// Nobody holds or awaits a connection, all can be had at once, and none has a transaction or an answer left.
    func checkPools(of database: Database, _ comment: Comment) async throws {
        try await waitUntil("all connections returned; \(comment): \(database.poolStatus)") {
            database.poolStatus.allSatisfy { $0.active == 0 && $0.pending == 0 && $0.busy == 0 }
        }
        let before = try await probes()
        try await withConnections(of: database.primary) { connections in
            for (id, connection) in connections.enumerated() {
                let changed = try await connection.execute(
                    "UPDATE probe SET n = n + 1 WHERE id = \(id)", deadline: Self.soon)
                #expect(changed.affectedRows == 1, comment)
            }
            // Where one were still in a transaction nobody would see it before the connection is returned.
            let after = try await probes()
            #expect(after == before.map { $0 + 1 }, comment)
        }
        for replica in database.replicas {
            try await withConnections(of: replica) { connections in
                for (id, connection) in connections.enumerated() {
                    let answer = try await connection.execute("SELECT \(id) + 1", deadline: Self.soon)
                    #expect(answer.rows.first.flatMap { Int(sqlValue: $0[0]) } == id + 1, comment)
                }
            }
        }
    }

    /// Takes all connections that a pool may have at once.
    private func withConnections(
        of pool: ConnectionPool, _ taken: [any DataSourceConnection] = [],
        _ body: ([any DataSourceConnection]) async throws -> Void
    ) async throws {
        guard taken.count < Self.poolSize else { return try await body(taken) }
        try await pool.withConnection(deadline: Self.soon, resets: false) { connection in
            try await withConnections(of: pool, taken + [connection], body)
        }
    }

    func probes() async throws -> [Int] {
        try await run("SELECT n FROM probe ORDER BY id").rows.compactMap { Int(sqlValue: $0[0]) }
    }

    @discardableResult
    private func run(_ statement: Statement) async throws -> StatementResult {
        try await observer.execute(statement, deadline: Self.soon)
    }

    private static var soon: ContinuousClock.Instant { .now + .seconds(30) }
}
