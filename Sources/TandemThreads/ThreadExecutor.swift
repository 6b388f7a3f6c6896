import CTandemThreads
import Glibc

/// One thread that runs an actor's jobs, first in, first out: a home for a C library whose calls block.
///
/// What blocks inside of the actor blocks this thread only. It lives until ``stop()``. From inside of a job
/// ``wait(for:events:until:)`` waits for a descriptor and can be woken from any thread by ``wake()``. What does not block may
/// run on its caller's thread instead: ``runHere(_:)``.
package final class ThreadExecutor: SerialExecutor, @unchecked Sendable {
    // `mutex` protects all that is a `var`; the rest does not change after `init`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var jobs: [UnownedJob] = []
    private var isStopping = false
    /// The thread, once it runs.
    private var thread: pthread_t?
    /// Whether the thread runs jobs.
    private var isRunning = false
    /// Who runs in place of the thread; nil for nobody.
    private var borrower: pthread_t?
    private let wakeDescriptor: WakeDescriptor
    private let name: String

    /// Starts the thread.
    ///
    /// - Throws: ``ThreadError`` where the system has no thread or no descriptor left.
    package init(name: String, stackSize: Int = 512 * 1024) throws {
        self.name = name
        wakeDescriptor = try WakeDescriptor()
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        pthread_cond_init(condition, nil)
        try start(stackSize: stackSize)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // The job may be the last, and run, and its actor gone with the thread, before the signal.
        let kept = Unmanaged.passRetained(self)
        defer { kept.release() }
        pthread_mutex_lock(mutex)
        jobs.append(job)
        let canRun = borrower == nil
        pthread_mutex_unlock(mutex)
        // Not before, or the thread would wake up to wait for the mutex.
        if canRun { pthread_cond_signal(condition) }
    }

    /// Ends the thread after the jobs that wait for it.
    package func stop() {
        pthread_mutex_lock(mutex)
        isStopping = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "this runs on the thread of its executor only")
    }

    package func isIsolatingCurrentContext() -> Bool? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return thread == pthread_self() || borrower == pthread_self()
    }

    // MARK: On another thread

    /// Runs something on the calling thread in place of the executor's own, where that has nothing to do: jobs that come
    /// meanwhile wait for its end.
    ///
    /// To wake a thread, and to be woken by it, takes longer than much that a thread is woken for.
    ///
    /// - Parameter body: what counts as run by the executor. It does not wait for anything, or not for long.
    /// - Returns: nil where the executor has jobs; `body` was not run then.
    package func runHere<Result>(_ body: () throws -> Result) rethrows -> Result? {
        guard borrow() else { return nil }
        defer { giveBack() }
        return try body()
    }

    private func borrow() -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard jobs.isEmpty, !isRunning, !isStopping, borrower == nil else { return false }
        borrower = pthread_self()
        return true
    }

    private func giveBack() {
        pthread_mutex_lock(mutex)
        borrower = nil
        let isWaitedFor = !jobs.isEmpty || isStopping
        pthread_mutex_unlock(mutex)
        if isWaitedFor { pthread_cond_signal(condition) }
    }

    // MARK: Waiting inside of a job

    /// Ends a ``wait(for:events:until:)`` of now, or else the next one. From any thread.
    package func wake() { wakeDescriptor.signal() }

    /// Waits until the descriptor is ready for some of `events` (`POLLIN`, `POLLOUT`), somebody calls ``wake()``, or
    /// the deadline passes. Only from inside of a job.
    ///
    /// - Parameter descriptor: nil where only ``wake()`` and the deadline are waited for.
    package func wait(
        for descriptor: Int32?, events: Int16, until deadline: ContinuousClock.Instant?
    ) -> ThreadWakeup {
        // Those that are negative are passed over.
        var descriptors = [
            pollfd(fd: descriptor ?? -1, events: events, revents: 0),
            pollfd(fd: wakeDescriptor.number, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let count = Self.poll(&descriptors, until: deadline)
            if count == 0 {
                if let deadline, deadline <= .now { return .deadlinePassed }
                continue
            }
            if count < 0 {
                // Anything but an interruption is told by the next call that uses the descriptor.
                if errno == EINTR { continue }
                return .ready(events)
            }
            if descriptors[1].revents != 0 {
                wakeDescriptor.drain()
                if descriptors[0].revents == 0 { return .woken }
            }
            return .ready(descriptors[0].revents)
        }
    }

    private static func poll(_ descriptors: inout [pollfd], until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return ppoll(&descriptors, 2, nil, nil) }
        // The kernel's timers stand still while the machine is suspended, and the deadline's clock does not.
        let left = min(max(.zero, ContinuousClock.now.duration(to: deadline)), longestWait)
        let (seconds, attoseconds) = left.components
        var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        return ppoll(&descriptors, 2, &limit, nil)
    }

    /// After so long the clock is looked at again.
    private static let longestWait = Duration.seconds(1)

    // MARK: The thread

    private func start(stackSize: Int) throws {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // The thread keeps its executor until it ends.
        let executor = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { Unmanaged<ThreadExecutor>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, executor.toOpaque())
        guard failure == 0 else {
            executor.release()
            throw ThreadError(what: "no thread could be started", number: failure)
        }
    }

    private func run() {
        pthread_mutex_lock(mutex)
        thread = pthread_self()
        pthread_mutex_unlock(mutex)
        showName()
        let executor = asUnownedSerialExecutor()
        var batch: [UnownedJob] = []
        while takeJobs(into: &batch) {
            for job in batch { job.runSynchronously(on: executor) }
            batch.removeAll(keepingCapacity: true)
        }
    }

    /// The name of the thread for `top` and debuggers, of which Linux keeps 15 bytes.
    private func showName() {
        let file = open("/proc/thread-self/comm", O_WRONLY)
        guard file >= 0 else { return }
        _ = write(file, name, min(name.utf8.count, 15))
        close(file)
    }

    /// Waits for jobs; false when there will be none any more.
    private func takeJobs(into batch: inout [UnownedJob]) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isRunning = false
        while borrower != nil || (jobs.isEmpty && !isStopping) { pthread_cond_wait(condition, mutex) }
        swap(&batch, &jobs)
        isRunning = !batch.isEmpty
        return isRunning
    }
}
