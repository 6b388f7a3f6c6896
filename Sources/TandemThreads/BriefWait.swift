import CTandemThreads
import Glibc
import Synchronization

/// A calling thread's wait for an answer that is likely to come at once.
///
/// The threads that run a program's tasks are few. So none of them waits while other calls are under way, which would wait
/// for the thread, and none for longer than ``longest``: the rest is for a connection's own thread.
package struct BriefWait {
    /// An answer of the same machine takes some tens of microseconds; one that takes longer is not delayed much by a thread
    /// that has to be woken for it.
    package static let longest = Duration.microseconds(100)

    private static let callsUnderWay = Atomic<Int>(0)

    private let end: ContinuousClock.Instant

    package init(for duration: Duration = longest) { end = .now + duration }

    /// A call of some connection begins. ``callEnded()`` must follow.
    package static func callBegan() { callsUnderWay.add(1, ordering: .relaxed) }

    package static func callEnded() { callsUnderWay.subtract(1, ordering: .relaxed) }

    /// Begins to wait; nil where other calls than the caller's are under way.
    package static func begin() -> BriefWait? { callsUnderWay.load(ordering: .relaxed) > 1 ? nil : BriefWait() }

    /// Waits until there is something to read, or something went wrong; false once the time is over.
    package func isReadable(_ descriptor: Int32) -> Bool {
        // Not asked any more then: of a long answer there is always something to read.
        let left = ContinuousClock.now.duration(to: end)
        guard left > .zero else { return false }
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = left.components
        var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        return ppoll(&descriptors, 1, &limit, nil) > 0
    }
}
