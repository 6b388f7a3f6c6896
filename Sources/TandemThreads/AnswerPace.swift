import Synchronization

/// Whether what comes again and again, such as answers, comes so soon that a thread waits for it by itself (``BriefWait``).
///
/// After one that did not come in time the next one is not waited for, after another the next three, then seven, until it is
/// one of 64 by which it is seen whether they come sooner now.
package final class AnswerPace: Sendable {
    private static let mostPassedOver = 63

    // Used by one thread at a time.
    private let passedOver = Atomic<Int>(0)
    private let left = Atomic<Int>(0)

    package init() {}

    /// Whether the next one is to be waited for.
    package func expectsBrief() -> Bool {
        let left = left.load(ordering: .relaxed)
        guard left > 0 else { return true }
        self.left.store(left - 1, ordering: .relaxed)
        return false
    }

    /// One was waited for.
    package func waited(inTime: Bool) {
        let next = inTime ? 0 : min(passedOver.load(ordering: .relaxed) * 2 + 1, Self.mostPassedOver)
        passedOver.store(next, ordering: .relaxed)
        left.store(next, ordering: .relaxed)
    }
}
