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

        nonisolated func runHere<Result: Sendable>(_ body: @Sendable (isolated Resident) throws -> Result) rethrows
            -> Result?
        {
            try executor.runHere { try assumeIsolated { try body($0) } }
        }

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

    // MARK: On another thread

    @Test func whatRunsHereIsTheActors() async throws {
        let resident = try Resident()
        let isHere = resident.runHere { resident in
            resident.append(1)
            return resident.executor.isIsolatingCurrentContext()
        }
        #expect(isHere == true)
        #expect(resident.executor.isIsolatingCurrentContext() == false)
        #expect(await resident.numbers == [1])
    }

    @Test func jobsThatComeMeanwhileRunBehindIt() async throws {
        let resident = try Resident()
        let job = resident.runHere { own in
            let job = Task.detached { await resident.append(2) }
            // Long enough for it to be run, if it were.
            usleep(20_000)
            own.append(1)
            return job
        }
        await job?.value
        #expect(await resident.numbers == [1, 2])
    }

    @Test func nothingRunsHereWhileTheThreadHasSomethingToDo() async throws {
        let (resident, pipe) = (try Resident(), Pipe())
        defer { pipe.end() }
        async let wakeup = resident.wait(for: pipe.reading, until: nil)
        // The job may not have come yet.
        while resident.runHere({ _ in }) != nil { try await Task.sleep(for: .milliseconds(1)) }
        #expect(resident.runHere { _ in } == nil)
        resident.executor.wake()
        #expect(await wakeup == .woken)
        while resident.runHere({ _ in }) == nil { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test func nothingRunsHereInsideOfItself() async throws {
        let resident = try Resident()
        let isRun = resident.runHere { resident in resident.runHere { _ in } != nil }
        #expect(isRun == false)
    }

    @Test func itsErrorsAreItsCallers() async throws {
        let resident = try Resident()
        #expect(throws: CancellationError.self) { try resident.runHere { _ in throw CancellationError() } }
        // And the thread is given back.
        await resident.append(1)
        #expect(await resident.numbers == [1])
    }
}
