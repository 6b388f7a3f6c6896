/// Keeps a snapshot's bytes below a rate: says how long to wait before the next ones.
public struct SnapshotPace: Sendable {
    /// Bytes a second; nil for as fast as it goes.
    public let rate: UInt64?
    /// When what was sent so far may have been sent, at this rate.
    private var due: Moment

    public init(rate: UInt64?, now: Moment) {
        self.rate = rate
        due = now
    }

    /// Bytes are about to be sent.
    ///
    /// - Returns: how long to wait before that. What was not sent in the past is not made up for.
    public mutating func take(_ count: Int, now: Moment) -> Duration {
        guard let rate, rate > 0 else { return .zero }
        if due < now { due = now }
        let wait = due - now
        due = due + .nanoseconds(Int64(Double(count) / Double(rate) * 1_000_000_000))
        return wait
    }

    /// The largest chunk that still lets the other side hear something several times a second.
    public var chunkSize: Int {
        guard let rate else { return SnapshotMessage.maximumChunk }
        return min(SnapshotMessage.maximumChunk, max(4096, Int(clamping: rate / 4)))
    }
}
