import TandemLog
import TandemReplication

// Where a node stands in the order of commits.
extension Node {
    /// Whether it is one to write to: a primary, though it may still wait for its replicas.
    public var isPrimary: Bool { parts.services.takesWrites }

    /// Up to where it shows what was committed: on a primary everything that is. Nil before the first commit.
    public var position: Position? {
        let database = parts.services.database
        var position = database.applied
        // One that was elected a moment ago has commits to apply still.
        if isPrimary, let committed = database.committed, parts.services.state.progress.applied >= committed.index {
            position = committed
        }
        // A database without records stands at index 0.
        return position.flatMap { $0.index > .zero ? $0 : nil }
    }

    /// How long the oldest committed transaction has been waiting here to be shown; zero if none does, nil on a replica
    /// that has no primary at the moment and therefore cannot know.
    public var lag: Duration? {
        let state = parts.services.state
        if isPrimary { return .zero }
        guard state.status?.epoch != nil else { return nil }
        return parts.services.lag ?? .zero
    }

    /// How many transactions wait for the writer.
    public var waitingTransactions: Int { parts.services.database.waitingCount }

    /// Whether it does its part: not stopped, not failed, and past what it showed before its restart.
    public var servesReads: Bool {
        parts.services.readRefusal == nil && !parts.services.database.isStopping
    }

    /// Why it serves no reads; nil where it does.
    package var refusalOfReads: String? {
        if parts.services.database.isStopping { return "the node has stopped" }
        return parts.services.readRefusal?.message
    }

    /// Waits until the node shows everything up to `position`.
    ///
    /// - Returns: false if it does not until `deadline`, or never will, because that position was never committed.
    /// - Throws: `CancellationError`.
    public func waitUntilApplied(_ position: Position, until deadline: ContinuousClock.Instant) async throws -> Bool {
        try await parts.services.state.waitUntilApplied(position, until: deadline)
    }
}
