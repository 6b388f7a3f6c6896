import Foundation
import NIOConcurrencyHelpers
import TandemTestServers
import TandemTransactions
import Testing

/// What transactions that are in each other's way are told, by the engines themselves.
extension AcceptanceTests {
    /// A table with the rows 1 and 2, n being 0.
    private func table(in database: Database) async throws -> String {
        let table = "t_" + UUID().uuidString.prefix(8).lowercased()
        try await database.execute("CREATE TABLE \(identifier: table) (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        try await database.execute("INSERT INTO \(identifier: table) (id, n) VALUES (1, 0), (2, 0)")
        return table
    }

    /// Both read what the other one is about to change: one of them has to run again, whatever the engine does about it.
    ///
    /// Decision 12: on a Tandem node over the wire the second one waits for the writer, and neither fails.
    @Test(arguments: [
        (Engines.postgres, DatabaseError.Code.serializationFailure), (.mariadb, .deadlock),
        (.embedded, .serializationFailure),
    ])
    func aTransactionThatAnotherOneWasFasterThanIsRunAgain(engine: Engines, code: DatabaseError.Code) async throws {
        let database = try await Beds.shared.stand(on: engine).database
        let table = try await table(in: database)
        let runs = NIOLockedValueBox(0)
        let codes = NIOLockedValueBox<[DatabaseError.Code]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...2 {
                group.addTask {
                    try await database.transaction(isolation: .serializable, retry: .serializationFailures(10)) {
                        let n = try await database.queryOne(
                            "SELECT n FROM \(identifier: table) WHERE id = 1", as: Int.self)
                        runs.withLockedValue { $0 += 1 }
                        try await waitUntil("both have read") { runs.withLockedValue { $0 } >= 2 }
                        do {
                            try await database.execute(
                                "UPDATE \(identifier: table) SET n = \((n ?? 0) + 1) WHERE id = 1")
                        } catch let error as DatabaseError {
                            codes.withLockedValue { $0.append(error.code) }
                            throw error
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await database.queryOne("SELECT n FROM \(identifier: table) WHERE id = 1", as: Int.self) == 2)
        #expect(runs.withLockedValue { $0 } == 3)
        #expect(codes.withLockedValue { $0 } == [code])
    }

    /// Each has what the other one wants. Decision 12: with one writer there is no such thing.
    @Test(arguments: [Engines.postgres, .mariadb]) func ofTwoThatWaitForEachOtherOneIsEndedAndRunAgain(
        engine: Engines
    ) async throws {
        let database = try await Beds.shared.stand(on: engine).database
        let table = try await table(in: database)
        let holding = NIOLockedValueBox<Set<Int>>([])
        let codes = NIOLockedValueBox<[DatabaseError.Code]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for first in 1...2 {
                group.addTask {
                    try await database.transaction(retry: .serializationFailures(10)) {
                        try await database.execute("UPDATE \(identifier: table) SET n = n + 1 WHERE id = \(first)")
                        holding.withLockedValue { _ = $0.insert(first) }
                        try await waitUntil("both hold a row") { holding.withLockedValue { $0.count } == 2 }
                        do {
                            try await database.execute(
                                "UPDATE \(identifier: table) SET n = n + 1 WHERE id = \(3 - first)")
                        } catch let error as DatabaseError {
                            codes.withLockedValue { $0.append(error.code) }
                            throw error
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(codes.withLockedValue { $0 } == [.deadlock])
        #expect(try await database.query("SELECT n FROM \(identifier: table)", as: Int.self) == [2, 2])
    }

    @Test(arguments: Engines.served) func aLockThatIsNotToBeHadIsToldByItsCode(engine: Engines) async throws {
        let (primary, _) = try await Beds.shared.stand(on: engine).bed.dataSources()
        let database = Database(primary: primary)
        let other = Database(primary: primary)
        let table = try await table(in: database)
        let statement: Statement =
            switch engine {
            case .postgres, .mariadb: "SELECT n FROM \(identifier: table) WHERE id = 1 FOR UPDATE NOWAIT"
            // The one writer is waited for, for the node's lock time-out.
            case .tandem, .embedded, .model: "UPDATE \(identifier: table) SET n = 2 WHERE id = 1"
            }
        try await other.transaction {
            try await other.execute("UPDATE \(identifier: table) SET n = 1 WHERE id = 1")
            let error = try await failure {
                _ = try await database.transaction { try await database.execute(statement) }
            }
            #expect(error.code == .lockTimeout && error.sqlState == "55P03", "\(error)")
            #expect(error.isRetriable)
        }
        for database in [database, other] { await database.shutdown(grace: .zero) }
    }

    @Test(arguments: Engines.served) func aPoolThatIsExhaustedIsToldFromAServerThatIsAway(engine: Engines) async throws
    {
        let (primary, _) = try await Beds.shared.stand(on: engine).bed.dataSources()
        let pool = try PoolConfiguration(maximumSize: 1, acquireTimeout: .seconds(1))
        let database = Database(primary: primary, configuration: .init(pool: pool))
        // The first connection may take longer than that.
        try await waitUntil("a connection") { (try? await database.query("SELECT 1")) != nil }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            let (starts, hasStarted) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                defer { hasStarted.finish() }
                try await database.transaction {
                    _ = try await database.query("SELECT 1")
                    hasStarted.yield()
                    for await _ in ends { break }
                }
            }
            for await _ in starts { break }
            let error = try await failure { _ = try await database.query("SELECT 1") }
            #expect(error.code == .poolExhausted && error.sqlState == "53300", "\(error)")
            end.yield()
            try await group.waitForAll()
        }
        await database.shutdown(grace: .zero)
    }
}
