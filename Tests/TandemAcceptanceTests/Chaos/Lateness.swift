import NIOConcurrencyHelpers

/// How late this machine is: what a task that sleeps again and again has slept too long, all together.
///
/// Whatever takes many steps, each by a thread that has to be woken, is late by as much on a machine that does much else.
final class Lateness: Sendable {
    private static let nap = Duration.milliseconds(5)

    private struct Nap {
        let end: ContinuousClock.Instant
        let excess: Duration
    }

    private let naps = NIOLockedValueBox<[Nap]>([])
    private let task: Task<Void, Never>

    /// Begins to measure.
    init() {
        task = Task { [naps] in
            while !Task.isCancelled {
                let began = ContinuousClock.now
                try? await Task.sleep(for: Self.nap)
                let end = ContinuousClock.now
                naps.withLockedValue { $0.append(Nap(end: end, excess: began.duration(to: end) - Self.nap)) }
            }
        }
    }

    /// Ends it.
    ///
    /// - Returns: how late it was until `end`, the nap that was going on then included.
    func stop(at end: ContinuousClock.Instant) async -> Duration {
        task.cancel()
        await task.value
        var sum = Duration.zero
        for nap in naps.withLockedValue({ $0 }) {
            sum += max(nap.excess, .zero)
            if nap.end >= end { break }
        }
        return sum
    }
}
