import NIOConcurrencyHelpers
import TandemTransactions
import Testing

/// Reads that ask for a position of their own accord, over nodes whose replica gets nothing for a while.
@Suite(.serialized) struct PositionTests {
    /// So late is never.
    private static let never = Duration.seconds(3600)

    @Test(arguments: [DelayedPair.Kind.embedded, .tandem])
    func whoAsksForAPositionReadsItFromTheReplicaOrFromThePrimary(kind: DelayedPair.Kind) async throws {
        let delay = NIOLockedValueBox(Duration.zero)
        let pair = try await DelayedPair.start(kind) { delay.withLockedValue { $0 } }
        let (primary, replica) = try pair.dataSources()
        let database = Database(
            primary: primary, replicas: [replica],
            configuration: .init(routing: RoutingConfiguration(positionTimeout: .seconds(60))))
        let created = try await write("CREATE TABLE note (id INTEGER PRIMARY KEY)", on: database)
        let position = try await write("INSERT INTO note VALUES (1)", on: database)
        let shown = try await count(on: database, .atLeast(position))
        #expect(shown.count == 1 && (shown.reason == .waited(for: position) || shown.reason == .leastBusy), "\(shown)")
        // What was before it is shown by then, and need not be asked for.
        #expect(try await count(on: database, .atLeast(created)).reason == .leastBusy)

        delay.withLockedValue { $0 = Self.never }
        let hasty = Database(
            primary: primary, replicas: [replica],
            configuration: .init(routing: RoutingConfiguration(positionTimeout: .milliseconds(20))))
        let late = try await write("INSERT INTO note VALUES (2)", on: hasty)
        let missed = try await count(on: hasty, .atLeast(late))
        #expect(missed.count == 2 && missed.reason == .positionNotReached(late), "\(missed)")
        // It is behind: who asks for what it has reads there.
        let old = try await count(on: database, .atLeast(position))
        #expect(old.count == 1 && old.reason != .positionNotReached(position), "\(old)")
        // A primary alone shows all of its own.
        let alone = Database(primary: primary)
        #expect(try await count(on: alone, .atLeast(late)).reason == .noReplicas)
        for database in [database, hasty, alone] { await database.shutdown(grace: .zero) }
        try await pair.stop()
    }

    private func write(_ statement: Statement, on database: Database) async throws -> CommitPosition {
        try await DatabaseSession.with { session in
            try await database.execute(statement)
            return try #require(session.position(in: database))
        }
    }

    private func count(
        on database: Database, _ freshness: Freshness
    ) async throws -> (count: Int?, reason: RouteReason?) {
        try await database.transaction(readOnly: true, freshness: freshness) {
            let count = try await database.queryOne("SELECT COUNT(*) FROM note", as: Int.self)
            return (count, Transaction.current?.routing)
        }
    }
}
