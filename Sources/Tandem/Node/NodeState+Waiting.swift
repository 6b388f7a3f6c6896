import TandemLog
import TandemReplication

extension NodeState {
    /// Waits until the node shows everything up to `position`.
    ///
    /// The database may be further than what is known here to be committed, for a moment: what it has applied does not count
    /// before, or a position that is shown would be taken for one that is in doubt.
    ///
    /// - Returns: false if it does not until `deadline`, or never will, because that position was never committed.
    /// - Throws: `CancellationError`.
    func waitUntilApplied(_ position: Position, until deadline: ContinuousClock.Instant) async throws -> Bool {
        if progress.applied < position.index {
            guard try await waitUntilApplied(position.index, until: deadline) else { return false }
        }
        return outcome(of: position) == .committed
    }

    private func waitUntilApplied(_ index: LogIndex, until deadline: ContinuousClock.Instant) async throws -> Bool {
        let waiter = AppliedWaiter(index)
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            waiter.answer.give(.success(false))
        }
        defer {
            timer.cancel()
            remove(waiter)
        }
        return try await withTaskCancellationHandler {
            add(waiter)
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
