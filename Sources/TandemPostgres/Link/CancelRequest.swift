import CPQ
import Foundation
import NIOConcurrencyHelpers
import TandemThreads

/// A request to cancel what a connection's server is doing, sent over a connection of its own.
///
/// libpq's call blocks and has no timeout, hence the thread; the connection goes on reading meanwhile. A request that
/// is done has reached the server's process, so that no later statement is hit.
final class CancelRequest: Sendable {
    /// A pointer that only the request's thread uses.
    private struct Handle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private let done = NIOLockedValueBox(false)

    /// Sends the request; nil where the connection has none to send.
    init?(for connection: OpaquePointer, waking executor: ThreadExecutor) {
        guard let pointer = PQgetCancel(connection) else { return nil }
        let handle = Handle(pointer: pointer)
        let done = done
        Thread.detachNewThread {
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(handle.pointer, &message, Int32(message.count))
            PQfreeCancel(handle.pointer)
            done.withLockedValue { $0 = true }
            executor.wake()
        }
    }

    var isDone: Bool { done.withLockedValue { $0 } }
}
