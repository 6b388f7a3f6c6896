import TandemTransactions

/// What the layer does without a server: transactions that run no statement, and the pool.
struct LayerOperations {
    private let meter: Meter
    private let database = Database(primary: IdleDataSource())
    private let pool = ConnectionPool(IdleDataSource())

    init(_ meter: Meter) { self.meter = meter }

    func run() async throws {
        let database = database
        try await show("empty transaction") { count in
            for _ in 0..<count { try await database.transaction {} }
        }
        try await show("empty read-only transaction with a name") { count in
            for _ in 0..<count { try await database.transaction(readOnly: true, name: "BookService.titles()") {} }
        }
        try await database.transaction {
            try await show("joined transaction") { count in
                for _ in 0..<count { try await database.transaction {} }
            }
        }
        for tasks in [1, 64] { try await take(in: tasks) }
        try await show("SELECT 1 without a server") { count in
            for _ in 0..<count { _ = try await database.query("SELECT 1", as: Int.self) }
        }
        try await show("transaction with SELECT 1 without a server") { count in
            for _ in 0..<count {
                _ = try await database.transaction { try await database.query("SELECT 1", as: Int.self) }
            }
        }
        await pool.shutdown()
    }

    /// The pool has ten connections: 64 tasks wait for each other.
    private func take(in tasks: Int) async throws {
        let pool = pool
        try await show("connection taken and given back, \(tasks) task\(tasks == 1 ? "" : "s")") { count in
            guard tasks > 1 else { return try await Self.take(count, from: pool) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<tasks { group.addTask { try await Self.take(count / tasks, from: pool) } }
                try await group.waitForAll()
            }
        }
    }

    private static func take(_ count: Int, from pool: ConnectionPool) async throws {
        for _ in 0..<count { try await pool.withConnection(resets: false) { _ in } }
    }

    private func show(_ what: String, _ run: @escaping (Int) async throws -> Void) async throws {
        for figure in try await meter.measure([Meter.Subject(name: "", run: run)], what: what) { try figure.show() }
    }
}
