import NIOConcurrencyHelpers
import Testing

@testable import TandemTransactions

/// Tasks that wait for a connection, and are cancelled.
extension ConnectionPoolTests {
    @Test func tasksAreServedInTheirOrder() async throws {
        let pool = try pool(1)
        let lease = try await pool.driver.acquire(for: Acquirer())
        let order = NIOLockedValueBox<[Int]>([])
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<20 {
                group.addTask {
                    guard let lease = try? await pool.driver.acquire(for: Acquirer()) else { return }
                    order.withLockedValue { $0.append(task) }
                    lease.release(needsReset: false)
                }
                await eventually("it waits") { pool.status.pending == task + 1 }
            }
            lease.release(needsReset: false)
        }
        #expect(order.withLockedValue { $0 } == Array(0..<20))
    }

    @Test func aTaskThatIsCancelledWhileItWaitsLeavesTheQueue() async throws {
        let pool = try pool(1)
        let lease = try await pool.driver.acquire(for: Acquirer())
        let first = Task { try await pool.driver.acquire(for: Acquirer()) }
        await eventually("it waits") { pool.status.pending == 1 }
        let second = Task { try await pool.driver.acquire(for: Acquirer()) }
        await eventually("both wait") { pool.status.pending == 2 }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        lease.release(needsReset: false)
        #expect(number(try await second.value) == 1)
    }

    /// Cancelled at every moment between the request and the use of the connection.
    @Test func cancellationLosesNoConnection() async throws {
        let pool = try pool(2)
        for round in 0..<300 {
            let held = round % 2 == 0 ? try await pool.driver.acquire(for: Acquirer()) : nil
            let tasks = (0..<6).map { _ in
                Task { try await pool.withConnection(resets: false) { _ in await Task.yield() } }
            }
            for _ in 0..<(round % 7) { await Task.yield() }
            for (place, task) in tasks.enumerated() where place % 2 == round % 2 { task.cancel() }
            held?.release(needsReset: round % 3 == 0)
            for task in tasks { _ = await task.result }
            #expect(pool.driver.inUse == 0)
            #expect(pool.status.pending == 0)
        }
        await pool.shutdown()
        #expect(source.open.isEmpty)
    }

    @Test func aCancelledTaskLeavesTheConnectionThatWasBeingMadeForItToOthers() async throws {
        let pool = try pool(1)
        source.connects.shut()
        let task = Task { try await pool.driver.acquire(for: Acquirer()) }
        await eventually("it connects") { source.connects.waiting == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        source.connects.open()
        try await pool.withConnection { _ in }
        #expect(source.made == 1)
    }
}
