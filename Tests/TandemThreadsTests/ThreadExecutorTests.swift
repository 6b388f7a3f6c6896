import Foundation
import TandemThreads
import Testing

@Suite struct ThreadExecutorTests {
    /// An actor on a thread of its own.
    private actor Resident {
        nonisolated let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private(set) var numbers: [Int] = []

        init() throws { executor = try ThreadExecutor(name: "resident") }

        deinit { executor.stop() }

        func append(_ number: Int) { numbers.append(number) }

        /// Not `pthread_self`, which the optimiser takes to be the same before and behind an `await`.
        func thread() throws -> String {
            try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        }

        func wait(for descriptor: Int32, until deadline: ContinuousClock.Instant?) -> ThreadWakeup {
            executor.wait(for: descriptor, events: Int16(POLLIN), until: deadline)
        }
    }

    /// Both ends of a pipe.
    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init() {
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
        }

        func end() {
            close(reading)
            close(writing)
        }
    }

    @Test func jobsRunOnOneThreadOfTheirOwn() async throws {
        let (first, second) = (try Resident(), try Resident())
        let thread = try await first.thread()
        for _ in 0..<20 { #expect(try await first.thread() == thread) }
        #expect(try await second.thread() != thread)
        // Once it is gone its number may be another's.
        withExtendedLifetime(first) {}
    }

    @Test func noJobIsLost() async throws {
        let resident = try Resident()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1000 { group.addTask { await resident.append(number) } }
        }
        #expect(await resident.numbers.sorted() == Array(0..<1000))
    }

    @Test func waitEndsWhenTheDescriptorIsReady() async throws {
        let (resident, pipe) = (try Resident(), Pipe())
        defer { pipe.end() }
        var byte: UInt8 = 1
        #expect(write(pipe.writing, &byte, 1) == 1)
        #expect(await resident.wait(for: pipe.reading, until: nil) == .ready(Int16(POLLIN)))
    }

    @Test func waitEndsWhenSomebodyWakesIt() async throws {
        let (resident, pipe) = (try Resident(), Pipe())
        defer { pipe.end() }
        async let wakeup = resident.wait(for: pipe.reading, until: nil)
        // Before or during the wait: a wake is never lost.
        resident.executor.wake()
        #expect(await wakeup == .woken)
        // And it is spent.
        #expect(await resident.wait(for: pipe.reading, until: .now + .milliseconds(1)) == .deadlinePassed)
    }

    @Test func waitEndsAtItsDeadlineAndNotBefore() async throws {
        let (resident, pipe) = (try Resident(), Pipe())
        defer { pipe.end() }
        #expect(await resident.wait(for: pipe.reading, until: .now) == .deadlinePassed)
        let deadline = ContinuousClock.now + .milliseconds(5)
        #expect(await resident.wait(for: pipe.reading, until: deadline) == .deadlinePassed)
        #expect(ContinuousClock.now >= deadline)
    }
}
