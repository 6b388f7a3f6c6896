import Foundation

extension ReaderPool {
    /// Somebody who waits for a reader.
    final class Waiter {
        var isDone = false
        let deliver: (Result<ReaderConnection, any Error>) -> Void
        init(_ deliver: @escaping (Result<ReaderConnection, any Error>) -> Void) { self.deliver = deliver }
    }

    /// Where a task's cancellation finds its waiter.
    final class WaitingPlace: @unchecked Sendable {  // All state is guarded by the lock.
        private let lock = NSLock()
        private var waiter: Waiter?
        private var isCancelled = false

        /// - Returns: whether the task was cancelled before.
        func take(_ waiter: Waiter) -> Bool {
            lock.withLock {
                self.waiter = waiter
                return isCancelled
            }
        }

        /// - Returns: who waits.
        func leave() -> Waiter? {
            lock.withLock {
                isCancelled = true
                return waiter
            }
        }
    }
}
