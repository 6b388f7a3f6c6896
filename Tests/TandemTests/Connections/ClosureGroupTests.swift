import Foundation
import GRDB
import NIOConcurrencyHelpers
import TandemLog
import Testing

@testable import Tandem

/// Closures of the embedding program that end the group which they share with others.
@Suite(.serialized) struct ClosureGroupTests {
    enum Way: CaseIterable {
        case node, connection, errorIsCaught, errorIsReplaced
    }

    private struct OwnError: Error {}

    /// Fails, with all that share its group: the row is there.
    private func offend(_ way: Way, on node: Node) async throws {
        let sql = "INSERT OR ROLLBACK INTO t VALUES (1)"
        switch way {
        case .node: try await node.write { try $0.execute(sql: sql) }
        case .connection: try await node.connection().write { try $0.execute(sql: sql) }
        case .errorIsCaught: try await node.write { db in _ = try? db.execute(sql: sql) }
        case .errorIsReplaced:
            try await node.write { db in
                do { try db.execute(sql: sql) } catch { throw OwnError() }
            }
        }
    }

    /// What becomes of a write before which the writer is held, so that the offender joins its group if it may.
    private func share(_ way: Way, on node: Node) async throws -> (bystander: (any Error)?, offender: (any Error)?) {
        let database = node.parts.services.database
        let (isHeld, mayGoOn) = (NIOLockedValueBox(false), DispatchSemaphore(value: 0))
        let holding = Task {
            try? await node.write { _ in
                isHeld.withLockedValue { $0 = true }
                mayGoOn.wait()
            }
        }
        try await eventually("the writer is held") { isHeld.withLockedValue { $0 } }
        let bystander = Task { try await node.write { try $0.execute(sql: "INSERT INTO other VALUES (1)") } }
        try await eventually("the bystander waits") { database.waitingCount == 1 }
        let offender = Task { try await offend(way, on: node) }
        try await eventually("the offender waits") { database.waitingCount == 2 }
        mayGoOn.signal()
        _ = await holding.value
        return (failure(of: await bystander.result), failure(of: await offender.result))
    }

    private func failure<Success>(of result: Result<Success, any Error>) -> (any Error)? {
        guard case .failure(let error) = result else { return nil }
        return error
    }

    /// Each run took others with it, and was told to run again, for ever.
    @Test(arguments: Way.allCases) func whoEndsItsGroupTakesOthersWithItOnceAndIsThenToldWhy(_ way: Way) async throws {
        var configuration = NodeConfiguration(
            dataDirectory: NSTemporaryDirectory() + "tandem-" + UUID().uuidString, role: .primary)
        configuration.listen.port = 0
        configuration.segmentSize = 1 << 20
        configuration.acknowledgements = .count(0)
        let node = try await Node.start(configuration)
        try await node.write {
            try $0.execute(sql: "CREATE TABLE t (a INTEGER UNIQUE); INSERT INTO t VALUES (1); CREATE TABLE other (a)")
        }
        let first = try await share(way, on: node)
        #expect((first.bystander as? TandemError)?.code == .rolledBack)
        #expect((first.offender as? TandemError)?.code == .rolledBack)
        for _ in 1...3 {
            let next = try await share(way, on: node)
            #expect(next.bystander == nil)
            #expect(next.offender != nil)
            switch way {
            case .node, .connection: #expect((next.offender as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT)
            case .errorIsReplaced: #expect(next.offender is OwnError)
            case .errorIsCaught: break
            }
        }
        let rows = try await node.write { try Int.fetchOne($0, sql: "SELECT count(*) FROM other") }
        #expect(rows == 3)
        await node.stop()
        try? FileManager.default.removeItem(atPath: configuration.dataDirectory)
    }
}
