import Crypto
import Foundation
import TandemTransactions

@testable import TandemHummingbird

/// Users of a service with two instances: each writes through one and then reads through the other, which knows of the
/// write only what the user brings along, as the cookie of ``DatabaseSessionMiddleware`` has it.
struct SessionUsers: Sendable {
    /// What the reads were like.
    struct Tally: Sendable {
        var reads = 0
        /// Reads that did not show what their user had just written.
        var stale = 0
        var reasons: [String: Int] = [:]
        /// What was known of the servers when a replica was taken for one that is down, which none was.
        var downs: [String] = []

        mutating func add(_ other: Tally) {
            reads += other.reads
            stale += other.stale
            reasons.merge(other.reasons, uniquingKeysWith: +)
            downs += other.downs
        }
    }

    struct NoPosition: Error {}

    private let instances: [Database]
    private let token: PositionToken

    init(_ instances: [Database]) throws {
        self.instances = instances
        token = PositionToken(
            keys: try SessionKeys(current: SymmetricKey(size: .bits256)), audience: "test", lifetime: .seconds(3600))
    }

    /// Makes a row for each user, and waits until all instances' replicas show them.
    func makeRows(_ count: Int) async throws {
        let rows = (0..<count).map { "(\($0), 0)" }.joined(separator: ", ")
        try await instances[0].execute("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        try await instances[0].execute("INSERT INTO counter (id, n) VALUES \(raw: rows)")
    }

    /// - Parameter freshness: that of the reads.
    func run(_ users: Int, rounds: ClosedRange<Int>, _ freshness: Freshness) async throws -> Tally {
        try await withThrowingTaskGroup(of: Tally.self) { group in
            for user in 0..<users { group.addTask { try await run(user: user, rounds, freshness) } }
            return try await group.reduce(into: Tally()) { $0.add($1) }
        }
    }

    private func run(user: Int, _ rounds: ClosedRange<Int>, _ freshness: Freshness) async throws -> Tally {
        var cookie: String?
        var tally = Tally()
        for round in rounds {
            cookie = try await write(round, for: user, at: instances[round % 2], cookie)
            let (seen, reason) = try await read(user, at: instances[(round + 1) % 2], cookie, freshness)
            tally.reads += 1
            if seen != round { tally.stale += 1 }
            tally.reasons[Self.name(reason), default: 0] += 1
            if reason == .replicasFailed { tally.downs.append(instances[(round + 1) % 2].explainRouting()) }
        }
        return tally
    }

    /// Half of the writes are statements without a transaction.
    private func write(_ value: Int, for user: Int, at instance: Database, _ cookie: String?) async throws -> String {
        let now = Date()
        return try await DatabaseSession.with(positions: positions(in: cookie, now)) { session in
            let update: Statement = "UPDATE counter SET n = \(value) WHERE id = \(user)"
            if user.isMultiple(of: 2) {
                try await instance.execute(update)
            } else {
                try await instance.transaction { try await instance.execute(update) }
            }
            guard session.hasCommitted, let text = token.signed(session.positions, at: now) else { throw NoPosition() }
            return text
        }
    }

    private func read(
        _ user: Int, at instance: Database, _ cookie: String?, _ freshness: Freshness
    ) async throws -> (Int?, RouteReason?) {
        try await DatabaseSession.with(positions: positions(in: cookie, Date())) { _ in
            try await instance.transaction(readOnly: true, freshness: freshness) {
                let seen = try await instance.queryOne("SELECT n FROM counter WHERE id = \(user)", as: Int.self)
                return (seen, Transaction.current?.routing)
            }
        }
    }

    private func positions(in cookie: String?, _ now: Date) -> SessionPositions {
        cookie.flatMap { token.positions(in: $0, at: now) } ?? SessionPositions()
    }

    private static func name(_ reason: RouteReason?) -> String {
        switch reason {
        case .waited?: "waited"
        case .positionNotReached?: "positionNotReached"
        case let reason?: "\(reason)"
        case nil: "none"
        }
    }
}
