import Foundation
import GRDB
import NIOConcurrencyHelpers
import Tandem
import TandemLog
import Testing

/// A primary and its replicas in this process, in a temporary folder, on ports the system chooses.
struct EmbeddedPair {
    let folder: String
    let primary: Node
    let replica: Node

    static func start(_ change: (inout NodeConfiguration) -> Void = { _ in }) async throws -> EmbeddedPair {
        let folder = NSTemporaryDirectory() + "tandem-" + UUID().uuidString
        var configuration = NodeConfiguration(dataDirectory: folder + "/primary", role: .primary)
        configuration.listen.port = 0
        configuration.segmentSize = 1 << 20
        change(&configuration)
        let primary = try await Node.start(configuration)
        var other = NodeConfiguration(dataDirectory: folder + "/replica", role: .replica(of: primary.address))
        other.listen.port = 0
        other.segmentSize = 1 << 20
        return EmbeddedPair(folder: folder, primary: primary, replica: try await Node.start(other))
    }

    func stop() async {
        await replica.stop()
        await primary.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Waits until the replica shows what the primary has committed.
    func level() async throws {
        try await eventually("the replica is level") {
            guard let commit = primary.status?.commit, let applied = replica.status?.applied else { return false }
            return applied == commit && primary.status?.applied == commit
        }
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
        await Task.yield()
        try await ContinuousClock().sleep(for: .milliseconds(5))
    }
}

/// Counts SQLite's COMMITs, of which each group is one.
private final class CommitCounter: TransactionObserver, Sendable {
    private let counted = NIOLockedValueBox(0)
    var count: Int { counted.withLockedValue { $0 } }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { counted.withLockedValue { $0 += 1 } }
    func databaseDidRollback(_ db: Database) {}
}

@Suite(.serialized) struct EmbeddedPairTests {
    @Test func aWriteIsReadFromTheReplicaWithGRDB() async throws {
        let pair = try await EmbeddedPair.start()
        let position = try await pair.primary.writeAndLocate { db in
            try db.execute(sql: "CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL)")
            try Book(title: "Emma").insert(db)
        }.position
        try await pair.level()
        let titles = try await pair.replica.read { try String.fetchAll($0, sql: "SELECT title FROM book") }
        #expect(titles == ["Emma"])
        #expect(pair.replica.outcome(of: try #require(position)) == .committed)
        await pair.stop()
    }

    @Test func whatThrowsIsRolledBackAlone() async throws {
        struct Stop: Error {}
        let pair = try await EmbeddedPair.start()
        try await pair.primary.write { try $0.execute(sql: "CREATE TABLE t (a INT UNIQUE)") }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    try? await pair.primary.write { db in
                        try db.execute(sql: "INSERT INTO t VALUES (?)", arguments: [number])
                        if number % 3 == 0 { throw Stop() }
                    }
                }
            }
        }
        try await pair.level()
        let expected = (0..<100).filter { $0 % 3 != 0 }
        for node in [pair.primary, pair.replica] {
            #expect(try await node.read { try Int.fetchAll($0, sql: "SELECT a FROM t ORDER BY a") } == expected)
        }
        await pair.stop()
    }

    @Test func writesOfManyTasksShareGroups() async throws {
        let pair = try await EmbeddedPair.start()
        let commits = CommitCounter()
        try await pair.primary.write { db in
            try db.execute(sql: "CREATE TABLE t (a INT)")
            db.add(transactionObserver: commits)
        }
        let before = commits.count
        let first = try #require(pair.primary.position).index
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<64 {
                group.addTask {
                    for _ in 0..<10 {
                        try await pair.primary.write { db in
                            try db.execute(sql: "INSERT INTO t VALUES (?)", arguments: [number])
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        // Whoever comes while a group waits for disk and replica is in the next one, together with others.
        let groups = commits.count - before
        #expect(groups > 0 && groups < 640 / 2, "\(groups) groups of 640 transactions")
        try await pair.level()
        let last = try #require(pair.primary.position).index
        #expect(last.distance(from: first) >= 640, "each is a transaction of its own in the log")
        #expect(try await pair.replica.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM t") } == 640)
        await pair.stop()
    }

    @Test func aReplicaRefusesWrites() async throws {
        let pair = try await EmbeddedPair.start()
        await #expect { try await pair.replica.write { try $0.execute(sql: "CREATE TABLE t (a)") } } throws: {
            ($0 as? TandemError)?.code == .readOnly
        }
        await pair.stop()
    }

    @Test func aWriteThatChangesNothingHasNoPosition() async throws {
        let pair = try await EmbeddedPair.start()
        let result = try await pair.primary.writeAndLocate { try Int.fetchOne($0, sql: "SELECT 42") }
        #expect(result.result == 42 && result.position == nil)
        await pair.stop()
    }

    @Test func migrationsRunThroughTheLog() async throws {
        let pair = try await EmbeddedPair.start()
        try await pair.primary.write { db in
            try db.create(table: "author") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("name", .text).notNull().unique()
            }
            try db.create(virtualTable: "text", using: FTS5()) { $0.column("body") }
            try db.execute(
                sql: "INSERT INTO author (name) VALUES ('Austen'); INSERT INTO text VALUES ('pride and prejudice')")
        }
        try await pair.level()
        let found = try await pair.replica.read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM text WHERE text MATCH 'pride'")
        }
        #expect(found == 1)
        await pair.stop()
    }

    @Test func aBlobOfFiftyMegabytesArrives() async throws {
        let pair = try await EmbeddedPair.start()
        try await pair.primary.write { db in
            try db.execute(
                sql: "CREATE TABLE t (b BLOB); INSERT INTO t VALUES (zeroblob(52428800)), (randomblob(1000))")
        }
        try await pair.level()
        let sql = "SELECT sum(length(b)) FROM t"
        #expect(try await pair.replica.read { try Int.fetchOne($0, sql: sql) } == 52_428_800 + 1000)
        await pair.stop()
    }

    @Test func bothNodesGoOnWithTheirDataAfterARestart() async throws {
        let pair = try await EmbeddedPair.start()
        try await pair.primary.write { try $0.execute(sql: "CREATE TABLE t (a); INSERT INTO t VALUES (1)") }
        await pair.replica.stop()
        await pair.primary.stop()
        // On ports of their own again: somebody else's connection may have the old ones by now.
        let primary = try await Node.start(pair.primary.configuration)
        var following = pair.replica.configuration
        following.role = .replica(of: primary.address)
        let replica = try await Node.start(following)
        try await primary.write { try $0.execute(sql: "INSERT INTO t VALUES (2)") }
        let again = EmbeddedPair(folder: pair.folder, primary: primary, replica: replica)
        try await again.level()
        #expect(try await replica.read { try Int.fetchAll($0, sql: "SELECT a FROM t") } == [1, 2])
        await again.stop()
    }

    /// It stood at index 0 of no epoch, which is no position.
    @Test func aReplicaThatHasAppliedNothingHasNoPositionAndDoesNotShowOne() async throws {
        let pair = try await EmbeddedPair.start()
        let position = try await pair.primary.writeAndLocate { try $0.execute(sql: "CREATE TABLE t (a)") }.position
        let written = try #require(position)
        var configuration = NodeConfiguration(
            dataDirectory: pair.folder + "/late", role: .replica(of: pair.primary.address))
        configuration.listen.port = 0
        configuration.segmentSize = 1 << 20
        configuration.applyDelay = .seconds(3600)
        let late = try await Node.start(configuration)
        try await eventually("it knows of the commit") { late.outcome(of: written) == .committed }
        #expect(late.position == nil)
        #expect(try await !late.waitUntilApplied(written, until: .now))
        #expect(try await pair.replica.waitUntilApplied(written, until: .now + .seconds(60)))
        #expect(pair.replica.position != nil)
        await late.stop()
        await pair.stop()
    }

    @Test func theReadmesSnippetRuns() async throws {
        let folder = NSTemporaryDirectory() + "tandem-" + UUID().uuidString
        let titles = try await keepBooks(in: folder)
        #expect(titles == ["Emma"])
        try? FileManager.default.removeItem(atPath: folder)
    }
}
