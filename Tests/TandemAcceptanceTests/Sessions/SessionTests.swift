import Foundation
import TandemTestServers
import TandemTransactions
import Testing

/// Users read what they have written, from whichever instance of a service, though the replica is 0 to 500 ms late.
@Suite(.serialized) struct SessionTests {
    private static let users = 200
    /// How often each user writes and reads on each engine: 10,000 times in all, or as often as `SESSION_ROUNDS` says.
    private static let rounds = Int(ProcessInfo.processInfo.environment["SESSION_ROUNDS"] ?? "") ?? 50
    /// Of the delays; `TANDEM_SEED` sets it.
    private static let seed = ProcessInfo.processInfo.environment["TANDEM_SEED"].flatMap { UInt64($0) } ?? 1

    @Test(arguments: DelayedPair.Kind.allCases)
    func noReadAfterAWriteIsStale(kind: DelayedPair.Kind) async throws {
        let seed = Self.seed
        print("TANDEM_SEED=\(seed)")
        let delays = RandomDelays(seed: seed)
        let pair = try await DelayedPair.start(kind) { delays.next() }
        let instances = [try database(pair), try database(pair)]
        let users = try SessionUsers(instances)
        try await users.makeRows(Self.users)
        try await waitForRows(instances[0])
        let own = try await users.run(Self.users, rounds: 1...Self.rounds, .sameSession)
        #expect(own.reads == Self.users * Self.rounds)
        #expect(own.stale == 0, "seed \(seed)")
        #expect(own.downs.isEmpty, "\(own.downs.count): \(own.downs.first ?? "")")
        // The replica was waited for, in vain and not.
        for reason in ["waited", "positionNotReached"] { #expect(own.reasons[reason, default: 0] > 0, "\(own)") }
        // The same without asking for it: the replica was late indeed.
        let any = try await users.run(Self.users, rounds: (Self.rounds + 1)...(Self.rounds + 5), .any)
        #expect(any.stale > 0, "\(any)")
        print("\(kind): \(own.reasons), .any: \(any.stale) of \(any.reads) stale")
        for instance in instances { await instance.shutdown(grace: .zero) }
        try await pair.stop()
    }

    private func database(_ pair: DelayedPair) throws -> Database {
        let (primary, replica) = try pair.dataSources()
        let pool = try PoolConfiguration(maximumSize: 12, minimumIdle: 0)
        let routing = RoutingConfiguration(positionTimeout: .milliseconds(8))
        return Database(primary: primary, replicas: [replica], configuration: .init(routing: routing, pool: pool))
    }

    /// Until the replica has the rows: without them a stale read would be an error.
    private func waitForRows(_ database: Database) async throws {
        try await waitUntil("the rows on the replica") {
            try await database.transaction(readOnly: true, freshness: .any) {
                try await database.queryOne("SELECT COUNT(*) FROM counter", as: Int.self) == Self.users
            }
        }
    }
}
