import Foundation
import NIOConcurrencyHelpers
import TandemTransactions
import Testing

extension AcceptanceTests {
    /// Swift's tasks share as many threads as there are processors. Where a driver's calls block those, a program with
    /// so many statements under way stands still, and two of its transactions that wait for each other for ever.
    @Test(arguments: [(Engines.postgres, "pg_sleep(600)"), (.mariadb, "SLEEP(600)")])
    func statementsThatTakeLongLeaveTheProgramsThreadsToOthers(engine: Engines, sleep: String) async throws {
        let source = try await Beds.shared.stand(on: engine).bed.dataSources().primary
        let other = try await source.connect(to: .primary, deadline: .now + .seconds(30))
        let (starts, hasStarted) = AsyncStream.makeStream(of: Void.self)
        let ended = NIOLockedValueBox(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let count = ProcessInfo.processInfo.activeProcessorCount + 2
            for _ in 0..<count {
                let connection = try await source.connect(to: .primary, deadline: .now + .seconds(30))
                group.addTask {
                    hasStarted.yield()
                    // It ends by itself where nobody can cancel it.
                    _ = try? await connection.execute("SELECT \(raw: sleep)", deadline: .now + .seconds(15))
                    ended.withLockedValue { $0 += 1 }
                    await connection.close()
                }
            }
            var started = 0
            for await _ in starts {
                started += 1
                if started == count { break }
            }
            _ = try await other.execute("SELECT 1", deadline: .now + .seconds(60))
            #expect(ended.withLockedValue { $0 } == 0)
            group.cancelAll()
            try await group.waitForAll()
        }
        await other.close()
    }
}
