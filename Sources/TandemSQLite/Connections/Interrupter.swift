import CTandemSQLite
import Foundation

/// Stops the statement that runs on a connection, from any thread.
public final class Interrupter: @unchecked Sendable {  // Guarded by the lock; sqlite3_interrupt may come from anywhere.
    private let lock = NSCondition()
    private var handle: OpaquePointer?
    private var isCancelled = false

    init(_ handle: OpaquePointer) { self.handle = handle }

    /// Makes the running statement fail with ``SQLiteError/Code/cancelled``. Without one, nothing happens.
    ///
    /// A statement that writes takes its whole group with it: SQLite cannot stop it otherwise. It then fails with
    /// ``SQLiteError/Code/groupLost``.
    public func cancel() {
        lock.withLock {
            guard let handle else { return }
            isCancelled = true
            sqlite3_interrupt(handle)
            lock.broadcast()
        }
    }

    /// A statement begins: an earlier cancel was meant for another.
    func reset() {
        lock.withLock { isCancelled = false }
    }

    /// Whether ``cancel()`` was called since the statement began.
    var wasCancelled: Bool { lock.withLock { isCancelled } }

    /// Blocks the thread that uses the connection for so many seconds, or until ``cancel()``, or until `isStopped`,
    /// which is asked a hundred times a second.
    ///
    /// - Returns: whether the whole time has passed.
    func sleep(_ seconds: Double, until isStopped: () -> Bool) -> Bool {
        let end = Date(timeIntervalSinceNow: min(max(seconds, 0), 1e9))
        return lock.withLock {
            while !isCancelled, !isStopped() {
                let now = Date()
                guard now < end else { return true }
                _ = lock.wait(until: min(end, now.addingTimeInterval(0.01)))
            }
            return false
        }
    }

    /// The connection is about to be closed.
    func connectionCloses() {
        lock.withLock { handle = nil }
    }
}
