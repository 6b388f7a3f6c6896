import TandemLog
import TandemReplication

// Where a node stands in the order of commits.
extension Node {
    /// Whether it is one to write to: a primary, though it may still wait for its replicas.
    public var isPrimary: Bool { parts.services.takesWrites }

    /// Up to where it shows what was committed: on a primary everything that is. Nil before the first commit.
    public var position: Position? {
        let database = parts.services.database
        return isPrimary ? database.committed ?? database.applied : database.applied
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

    /// Waits until the node shows everything up to `position`.
    ///
    /// - Returns: false if it does not until `deadline`, or never will, because that position was never committed.
    /// - Throws: `CancellationError`.
    public func waitUntilApplied(_ position: Position, until deadline: ContinuousClock.Instant) async throws -> Bool {
        let state = parts.services.state
        if let applied = parts.services.database.applied, applied.index < position.index {
            guard try await waitUntilApplied(position.index, until: deadline, in: state) else { return false }
        }
        return state.outcome(of: position) == .committed
    }

    private func waitUntilApplied(
        _ index: LogIndex, until deadline: ContinuousClock.Instant, in state: NodeState
    ) async throws -> Bool {
        let waiter = AppliedWaiter(index)
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            waiter.answer.give(.success(false))
        }
        defer {
            timer.cancel()
            state.remove(waiter)
        }
        return try await withTaskCancellationHandler {
            state.add(waiter)
            return try await waiter.answer.value
        } onCancel: {
            waiter.answer.give(.failure(CancellationError()))
        }
    }
}

/// Somebody who waits until the database has an index.
final class AppliedWaiter: Sendable {
    let index: LogIndex
    let answer = Answer<Bool>()

    init(_ index: LogIndex) { self.index = index }
}
