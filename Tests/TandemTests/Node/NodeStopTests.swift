import Foundation
import GRDB
import NIOConcurrencyHelpers
import TandemLog
import Testing

@testable import Tandem

/// What becomes of the embedding program's reads and writes when its node stops.
@Suite(.serialized) struct NodeStopTests {
    enum Work: CaseIterable {
        case write, smallWrites, transaction, read
    }

    private static let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"

    private func makeConfiguration() -> NodeConfiguration {
        var configuration = NodeConfiguration(
            dataDirectory: NSTemporaryDirectory() + "tandem-" + UUID().uuidString, role: .primary)
        configuration.listen.port = 0
        configuration.segmentSize = 1 << 20
        configuration.acknowledgements = .count(0)
        return configuration
    }

    /// Does what has no end, and says when it has begun.
    private func carryOut(_ work: Work, on node: Node, begun: @escaping @Sendable () -> Void) async throws {
        switch work {
        case .write:
            try await node.write { db in
                begun()
                try db.execute(sql: "INSERT INTO t " + Self.endless)
            }
        case .smallWrites:
            try await node.write { db in
                begun()
                while true { try db.execute(sql: "UPDATE t SET a = a + 1") }
            }
        case .transaction:
            let connection = node.connection()
            try await connection.begin()
            try await connection.write { db in
                begun()
                try db.execute(sql: "INSERT INTO t " + Self.endless)
            }
        case .read:
            try await node.read { db in
                begun()
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM (\(Self.endless))")
            }
        }
    }

    /// The node waited for its end, for ever.
    @Test(arguments: Work.allCases) func whatRunsWithoutAnEndIsStoppedAndHasDoneNothing(_ work: Work) async throws {
        let configuration = makeConfiguration()
        let node = try await Node.start(configuration)
        try await node.write { try $0.execute(sql: "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)") }
        let hasBegun = NIOLockedValueBox(false)
        let running = Task {
            try await carryOut(work, on: node) { hasBegun.withLockedValue { $0 = true } }
        }
        try await eventually("it runs") { hasBegun.withLockedValue { $0 } }
        await node.stop(grace: .zero)
        let error = await #expect(throws: TandemError.self) { try await running.value }
        #expect(error?.code == .unavailable && error?.message.contains("shutting down") == true, "\(error as Any)")

        let again = try await Node.start(configuration)
        let rows = try await again.write { try Int.fetchAll($0, sql: "SELECT a FROM t") }
        #expect(rows == [1])
        await again.stop()
        try? FileManager.default.removeItem(atPath: configuration.dataDirectory)
    }

    @Test func aClosureThatDoesNotReturnKeepsTheDataDirectoryAndNotTheStop() async throws {
        let configuration = makeConfiguration()
        let node = try await Node.start(configuration)
        try await node.write { try $0.execute(sql: "CREATE TABLE t (a INTEGER)") }
        let hasBegun = NIOLockedValueBox(false)
        let mayReturn = DispatchSemaphore(value: 0)
        let running = Task {
            try await node.write { db in
                try db.execute(sql: "INSERT INTO t VALUES (1)")
                hasBegun.withLockedValue { $0 = true }
                mayReturn.wait()
            }
        }
        try await eventually("it runs") { hasBegun.withLockedValue { $0 } }
        await node.life.end(grace: .zero, patience: .zero)
        await #expect(throws: TandemError.self) { try await Node.start(configuration) }

        mayReturn.signal()
        await #expect(throws: TandemError.self) { try await running.value }
        var again: Node?
        try await eventually("the data directory is free") {
            again = try? await Node.start(configuration)
            return again != nil
        }
        let rows = try await again?.write { try Int.fetchAll($0, sql: "SELECT a FROM t") }
        #expect(rows == [], "nothing of what had not ended is committed")
        await again?.stop()
        try? FileManager.default.removeItem(atPath: configuration.dataDirectory)
    }
}
