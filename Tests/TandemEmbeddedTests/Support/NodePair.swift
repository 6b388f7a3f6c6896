import Foundation
import GRDB
import Tandem
import TandemEmbedded
import TandemTransactions
import Testing

// GRDB has types of these names, too.
typealias Statement = TandemTransactions.Statement
typealias DatabaseError = TandemTransactions.DatabaseError

/// A primary and its replica in this process, in a temporary folder, with the table `book` (two rows) on both.
struct NodePair {
    let folder: String
    let primary: Node
    let replica: Node

    static func start(_ change: (inout NodeConfiguration) -> Void = { _ in }) async throws -> NodePair {
        let folder = NSTemporaryDirectory() + "tandem-embedded-" + UUID().uuidString
        var configuration = NodeConfiguration(dataDirectory: folder + "/primary", role: .primary)
        configuration.listen.port = 0
        configuration.segmentSize = 1 << 20
        change(&configuration)
        let primary = try await Node.start(configuration)
        var other = NodeConfiguration(dataDirectory: folder + "/replica", role: .replica(of: primary.address))
        other.listen.port = 0
        other.segmentSize = 1 << 20
        let pair = NodePair(folder: folder, primary: primary, replica: try await Node.start(other))
        try await pair.primary.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, copies INTEGER);
                    INSERT INTO book VALUES (1, 'Emma', 10), (2, 'Persuasion', 20);
                    """)
        }
        return pair
    }

    /// Runs `body` with a pair that is stopped afterwards.
    static func with(
        _ change: (inout NodeConfiguration) -> Void = { _ in }, _ body: (NodePair) async throws -> Void
    ) async throws {
        let pair = try await start(change)
        do {
            try await body(pair)
        } catch {
            await pair.stop()
            throw error
        }
        await pair.stop()
    }

    func stop() async {
        await replica.stop()
        await primary.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func connection(to node: Node? = nil) async throws -> EmbeddedConnection {
        let connection = try await EmbeddedDataSource(node ?? primary).connect(to: nil, deadline: .now + .seconds(10))
        return try #require(connection as? EmbeddedConnection)
    }

    /// How many copies of a book there are, as others see it.
    func copies(_ id: Int = 1) async throws -> Int? {
        try await primary.read { try Int.fetchOne($0, sql: "SELECT copies FROM book WHERE id = ?", arguments: [id]) }
    }

    /// Fails unless somebody else gets the writer within a short time.
    func expectFreeWriter() async throws {
        let other = try await connection()
        _ = try await other.execute("UPDATE book SET title = title", deadline: .now + .seconds(5))
        await other.close()
    }
}

extension DataSourceConnection {
    func run(_ statement: Statement, deadline: ContinuousClock.Instant? = nil) async throws {
        _ = try await execute(statement, deadline: deadline)
    }

    func begin(readOnly: Bool = false, _ isolation: IsolationLevel = .serverDefault) async throws {
        try await begin(.init(isReadOnly: readOnly, isolation: isolation), deadline: nil)
    }

    func integer(_ statement: Statement) async throws -> Int? {
        try await execute(statement, deadline: nil).rows.first.flatMap { Int(sqlValue: $0[0]) }
    }
}

/// Expects a failure of the transaction layer with that code.
func expect(
    _ code: DatabaseError.Code, sqlState: String? = nil, _ location: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("did not fail", sourceLocation: location)
    } catch let error as DatabaseError {
        #expect(error.code == code, "\(error)", sourceLocation: location)
        if let sqlState { #expect(error.sqlState == sqlState, "\(error)", sourceLocation: location) }
    } catch {
        Issue.record("failed otherwise: \(error)", sourceLocation: location)
    }
}

/// Waits for a state, for thirty seconds at most.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("did not come true: \(what)")
            return
        }
        try await ContinuousClock().sleep(for: .milliseconds(2))
    }
}

/// A query that runs for hours unless it is stopped.
let endless: Statement = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT sum(i) FROM n
    """
