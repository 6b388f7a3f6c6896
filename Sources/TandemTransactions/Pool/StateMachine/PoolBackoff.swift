/// The pauses between attempts to connect while they fail.
struct PoolBackoff: Sendable {
    private let maximum: Duration
    /// How many attempts failed since one succeeded, those counted as one that failed at about the same time.
    private(set) var failures = 0
    /// No attempt before then.
    private(set) var until: Moment?
    /// nil once an attempt has succeeded.
    private(set) var lastFailure: (any Error)?

    init(maximum: Duration) { self.maximum = maximum }

    mutating func failed(_ error: any Error, at now: Moment, random: inout SplitMix64) {
        lastFailure = error
        // Attempts that were made together fail together; that is one reason to wait, not ten.
        if let until, now < until { return }
        failures += 1
        let pause = min(maximum, Self.first * (1 << min(failures - 1, 20)))
        until = now + random.shortened(pause, by: 0.25)
    }

    /// True if attempts had failed before.
    mutating func succeeded() -> Bool {
        guard failures > 0 else { return false }
        failures = 0
        until = nil
        lastFailure = nil
        return true
    }

    private static let first = Duration.milliseconds(50)
}
