import TandemTestServers
import TandemTransactions
import Testing

// Users who read what they have written, at another instance than that which wrote it.
extension Load {
    /// Reads what a writer has committed last, as the next request of the same user at another instance.
    func readAgain(_ writer: Int) async {
        while !isOver {
            guard let (row, positions) = state.withLockedValue({ $0.latest[writer] }) else {
                await Task.yield()
                continue
            }
            // Whoever finds no server is told so, and shows nothing that is old.
            guard let (count, reason) = try? await seen(row, positions) else { continue }
            state.withLockedValue { state in
                state.sessionReads[writer, default: 0] += 1
                if count != 1 {
                    state.staleReads.append(
                        "\(row) \(positions), found \(String(describing: count)) times, \(String(describing: reason))")
                }
            }
        }
    }

    private func seen(_ row: Row, _ positions: SessionPositions) async throws -> (Int?, RouteReason?) {
        try await DatabaseSession.with(positions: positions) { _ in
            try await other.transaction(readOnly: true) {
                let count = try await other.queryOne(
                    "SELECT COUNT(*) FROM entry WHERE writer = \(row.writer) AND number = \(row.number)", as: Int.self)
                return (count, Transaction.current?.routing)
            }
        }
    }

    /// Until what every writer has committed was read again so many times more.
    func everyWriterIsReadAgain(times count: Int = 20) async throws {
        let before = state.withLockedValue { $0.sessionReads }
        try await waitUntil("\(count) reads more of what each writer has committed", timeout: Self.bound) {
            let now = state.withLockedValue { $0.sessionReads }
            return (0..<Self.writers).allSatisfy { now[$0, default: 0] - before[$0, default: 0] >= count }
        }
    }

    /// No reader was shown a state without what its session had committed.
    func checkNoReadWasStale() {
        let (reads, stale) = state.withLockedValue { ($0.sessionReads.values.reduce(0, +), $0.staleReads) }
        #expect(reads > 0, "nobody has read what it had committed")
        #expect(stale.isEmpty, "\(stale.count) of \(reads): \(stale.prefix(3))")
        print("\(reads) reads of what a session had committed, \(stale.count) stale")
    }
}
