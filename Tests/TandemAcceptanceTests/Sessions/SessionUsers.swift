import Crypto
import HTTPTypes
import Hummingbird
import Logging
import NIOEmbedded
import TandemHummingbird
import TandemTransactions

/// Users of a service with two instances: each writes through one and then reads through the other, which knows of the
/// write only what the user brings along: the cookie of ``DatabaseSessionMiddleware``, through which all requests go.
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
    private let middleware: DatabaseSessionMiddleware<BasicRequestContext>
    private let context = BasicRequestContext(
        source: ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: Logger(label: "users")))

    init(_ instances: [Database]) throws {
        self.instances = instances
        middleware = DatabaseSessionMiddleware(keys: try SessionKeys(current: SymmetricKey(size: .bits256)))
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
        let update: Statement = "UPDATE counter SET n = \(value) WHERE id = \(user)"
        let answer = try await request(cookie) {
            guard user.isMultiple(of: 2) else {
                _ = try await instance.transaction { try await instance.execute(update) }
                return
            }
            _ = try await instance.execute(update)
        }
        // The cookies that this one replaces are given no time to live.
        let new = answer.headers[values: .setCookie].filter { !$0.contains("Max-Age=0") }
        guard new.count == 1, let pair = new[0].split(separator: ";").first else { throw NoPosition() }
        return String(pair)
    }

    private func read(
        _ user: Int, at instance: Database, _ cookie: String?, _ freshness: Freshness
    ) async throws -> (Int?, RouteReason?) {
        var seen: (Int?, RouteReason?) = (nil, nil)
        _ = try await request(cookie) {
            seen = try await instance.transaction(readOnly: true, freshness: freshness) {
                let number = try await instance.queryOne("SELECT n FROM counter WHERE id = \(user)", as: Int.self)
                return (number, Transaction.current?.routing)
            }
        }
        return seen
    }

    private func request(_ cookie: String?, _ body: () async throws -> Void) async throws -> Response {
        var head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
        head.headerFields[.cookie] = cookie
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        return try await middleware.handle(request, context: context) { _, _ in
            try await body()
            return Response(status: .ok)
        }
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
