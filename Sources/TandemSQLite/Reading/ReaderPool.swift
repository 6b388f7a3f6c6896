import Foundation

/// A bounded number of readers of one database, opened when they are first needed. Safe to use from all threads.
///
/// A reader is checked out, used by one thread at a time, and checked in again; a session may keep one for a read
/// transaction that lasts over many calls.
public final class ReaderPool: @unchecked Sendable {  // All state is guarded by the lock.
    public struct Options: Sendable {
        /// How many readers there can be. Default: 16.
        public var maximumCount = 16
        /// How long to wait for a reader. Default: 10 seconds.
        public var checkoutTimeout = Duration.seconds(10)

        public init() {}
    }

    private let path: String
    private let connectionOptions: ConnectionOptions
    private let options: Options
    private let lock = NSLock()
    private var idle: [ReaderConnection] = []
    /// Readers that are open or being opened. Invariant: at most `options.maximumCount`.
    private var count = 0
    private var waiters: [Waiter] = []
    private var isClosed = false

    /// A pool for the database at `path`, which a writer must have opened.
    public init(path: String, options: Options = Options(), connectionOptions: ConnectionOptions = ConnectionOptions())
    {
        self.path = path
        self.options = options
        self.connectionOptions = connectionOptions
    }

    /// How long to wait for a reader, unless something else is asked for.
    public var checkoutTimeout: Duration { options.checkoutTimeout }
    /// How many readers are open.
    public var openCount: Int { lock.withLock { count } }
    /// How many are checked out.
    public var busyCount: Int { lock.withLock { count - idle.count } }

    /// A free reader, or a new one; waits on the calling thread.
    ///
    /// - Parameters:
    ///   - timeout: default ``Options/checkoutTimeout``.
    ///   - isStopped: asked fifty times a second whether to wait no longer; default: never.
    /// - Throws: ``SQLiteError``: `noReader`, `cancelled`, `closed`; GRDB's `DatabaseError` if one cannot be opened.
    public func checkOut(timeout: Duration? = nil, until isStopped: () -> Bool = { false }) throws -> ReaderConnection {
        if let reader = try takeOrOpen() { return reader }
        let arrived = DispatchSemaphore(value: 0)
        nonisolated(unsafe) var delivered: Result<ReaderConnection, any Error>?
        let waiter = Waiter {
            delivered = $0
            arrived.signal()
        }
        if let reader = try wait(waiter) { return reader }
        let limit = timeout ?? options.checkoutTimeout
        let end = DispatchTime.now() + limit / .seconds(1)
        while arrived.wait(timeout: min(end, .now() + Self.interval / .seconds(1))) == .timedOut {
            let isStopped = isStopped()
            guard isStopped || DispatchTime.now() >= end else { continue }
            if giveUp(waiter) { throw isStopped ? SQLiteError(.cancelled, "The wait was cancelled.") : allBusy(limit) }
            arrived.wait()  // One is being delivered in this moment.
            break
        }
        return try (delivered ?? .failure(SQLiteError(.closed, "The pool was closed."))).get()
    }

    /// How often who waits for a reader asks whether to go on.
    private static let interval = Duration.milliseconds(20)

    private func allBusy(_ limit: Duration) -> SQLiteError {
        SQLiteError(
            .noReader,
            "All \(options.maximumCount) readers are busy and none became free in \(limit). Ask for less at a "
                + "time, or allow more readers.")
    }

    /// A free reader, or a new one; nil if all are busy. Does not wait.
    public func checkOutIfFree() throws -> ReaderConnection? { try takeOrOpen() }

    /// A free reader, or a new one, without blocking a thread. Never waits longer than for a check-in: a caller with
    /// a time limit cancels its task, which then has no reader.
    ///
    /// - Throws: as ``checkOut(timeout:)``, and `CancellationError`.
    public func checkOut() async throws -> ReaderConnection {
        if let reader = try takeOrOpen() { return reader }
        let place = WaitingPlace()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter { continuation.resume(with: $0) }
                do {
                    if let reader = try wait(waiter) { return continuation.resume(returning: reader) }
                } catch {
                    return continuation.resume(throwing: error)
                }
                if place.take(waiter), giveUp(waiter) { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            if let waiter = place.leave(), giveUp(waiter) { waiter.deliver(.failure(CancellationError())) }
        }
    }

    /// Gives a reader back. A transaction left open on it is ended.
    public func checkIn(_ reader: ReaderConnection) {
        reader.endRead()
        _ = reader.endSession()
        let next: Waiter? = lock.withLock {
            if !waiters.isEmpty {
                let waiter = waiters.removeFirst()
                waiter.isDone = true
                return waiter
            }
            if !isClosed { idle.append(reader) } else { count -= 1 }
            return nil
        }
        if let next {
            next.deliver(.success(reader))
        } else if lock.withLock({ isClosed }) {
            try? reader.close()  // Only a statement still in use keeps it open; it goes with that.
        }
    }

    /// Closes all readers: idle ones now, the others when they are checked in. Whoever waits gets an error.
    public func close() {
        let (readers, waiting) = lock.withLock {
            isClosed = true
            count -= idle.count
            for waiter in waiters { waiter.isDone = true }
            defer {
                idle.removeAll()
                waiters.removeAll()
            }
            return (idle, waiters)
        }
        for waiter in waiting { waiter.deliver(.failure(SQLiteError(.closed, "The pool was closed."))) }
        for reader in readers { try? reader.close() }  // Nothing is lost with a reader.
    }
}

extension ReaderPool {
    /// An idle reader or a new one; nil if all are busy.
    private func takeOrOpen() throws -> ReaderConnection? {
        enum Step {
            case use(ReaderConnection)
            case open, wait
        }
        let step: Step = try lock.withLock {
            guard !isClosed else { throw SQLiteError(.closed, "The pool was closed.") }
            if let reader = idle.popLast() { return .use(reader) }
            guard count < options.maximumCount else { return .wait }
            count += 1
            return .open
        }
        switch step {
        case .use(let reader): return reader
        case .wait: return nil
        case .open:
            do {
                return try ReaderConnection(path: path, options: connectionOptions)
            } catch {
                lock.withLock { count -= 1 }
                throw error
            }
        }
    }

    /// Queues up, unless a reader has become free meanwhile.
    private func wait(_ waiter: Waiter) throws -> ReaderConnection? {
        try lock.withLock {
            guard !isClosed else { throw SQLiteError(.closed, "The pool was closed.") }
            if let reader = idle.popLast() { return reader }
            waiters.append(waiter)
            return nil
        }
    }

    /// Stops waiting.
    ///
    /// - Returns: false if a reader was delivered, or is being delivered.
    private func giveUp(_ waiter: Waiter) -> Bool {
        lock.withLock {
            guard !waiter.isDone else { return false }
            waiter.isDone = true
            waiters.removeAll { $0 === waiter }
            return true
        }
    }
}
