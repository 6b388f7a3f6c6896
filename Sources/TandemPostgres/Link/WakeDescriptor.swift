import CPQ
import Glibc

/// Wakes the thread of a connection while it waits for its server: another thread writes, that one polls.
final class WakeDescriptor: Sendable {
    let descriptor: Int32

    /// - Throws: an `errno` as ``DatabaseError`` where the process has no descriptor left.
    init() throws {
        descriptor = cpq_wake_descriptor()
        guard descriptor >= 0 else { throw PostgresFailure.noResources("a descriptor", errno) }
    }

    deinit { Glibc.close(descriptor) }

    func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    func drain() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}
