import CTandemThreads
import Glibc

/// Makes a poll of another thread return.
final class WakeDescriptor: Sendable {
    let number: Int32

    /// - Throws: ``ThreadError`` where the process has no descriptor left.
    init() throws {
        number = tandem_wake_descriptor()
        guard number >= 0 else { throw ThreadError(what: "no descriptor could be opened", number: errno) }
    }

    deinit { close(number) }

    /// The next poll returns, or the one that is under way. Said twice it counts once.
    func signal() {
        var one: UInt64 = 1
        _ = write(number, &one, 8)
    }

    func drain() {
        var count: UInt64 = 0
        _ = read(number, &count, 8)
    }
}
