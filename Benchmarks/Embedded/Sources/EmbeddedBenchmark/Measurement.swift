import GRDB
import Tandem

/// Tasks that write one row a transaction, each the next as soon as the last is durable on both nodes.
struct Measurement {
    private let request: Request
    private let node: Node

    init(_ request: Request, node: Node) {
        self.request = request
        self.node = node
    }

    func run() async throws -> Outcome {
        let start = ContinuousClock.now
        let deadline = start + request.duration
        let times = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for _ in 0..<request.tasks { group.addTask { try await write(until: deadline) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return Outcome(times: times, elapsed: .now - start)
    }

    private func write(until deadline: ContinuousClock.Instant) async throws -> [Duration] {
        var times: [Duration] = []
        var before = ContinuousClock.now
        while before < deadline {
            switch request.kind {
            case .insert: try await insert()
            case .update: try await update()
            }
            let after = ContinuousClock.now
            times.append(after - before)
            before = after
        }
        return times
    }

    private func insert() async throws {
        let title = Self.title()
        try await node.write { db in
            let statement = try db.cachedStatement(
                sql: "INSERT INTO book (title, created_at, updated_at) VALUES (?, tandem_now(6), tandem_now(6))")
            try statement.execute(arguments: [title])
        }
    }

    private func update() async throws {
        let title = Self.title()
        let id = Int.random(in: 1...request.rows)
        try await node.write { db in
            let statement = try db.cachedStatement(
                sql: "UPDATE book100k SET title = ?, updated_at = tandem_now(6) WHERE id = ?")
            try statement.execute(arguments: [title, id])
        }
    }

    /// As those of book.lua.
    private static func title() -> String {
        let digits = String(10_000_000_000 + Int.random(in: 1...999_999_999)).dropFirst()
        return "The Art of Computer Programming, vol \(digits)"
    }
}
