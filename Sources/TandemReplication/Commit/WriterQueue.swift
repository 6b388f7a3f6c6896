import DequeModule

/// Transactions that wait for the writer, in their order.
///
/// Each waits until its deadline. The time in which nobody gets a turn, because the group in flight lacks the
/// acknowledgements of replicas, does not count: commits wait then, as promised (P5), and so does who comes behind them, for
/// as long as its own commit may wait (``WriteTransaction/commitTimeout``).
struct WriterQueue {
    typealias Instant = ContinuousClock.Instant

    private struct Entry {
        let transaction: any WriteTransaction
        let since: Instant
        /// How long the writer had stood still in all when the transaction came.
        let standstillBefore: Duration
        var isNoticed = false
    }

    private var entries = Deque<Entry>()
    /// How long in all the writer has stood still, without a standstill that has not ended.
    private var standstill: Duration = .zero
    private var standsStillSince: Instant?

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var first: (any WriteTransaction)? { entries.first?.transaction }

    mutating func append(_ transaction: any WriteTransaction, at now: Instant = .now) {
        entries.append(Entry(transaction: transaction, since: now, standstillBefore: standstill(at: now)))
    }

    mutating func popFirst() -> (any WriteTransaction)? { entries.popFirst()?.transaction }

    /// - Returns: whether it was there.
    mutating func remove(_ transaction: any WriteTransaction) -> Bool {
        guard let place = entries.firstIndex(where: { $0.transaction === transaction }) else { return false }
        entries.remove(at: place)
        return true
    }

    mutating func removeAll() -> [any WriteTransaction] {
        defer { entries.removeAll() }
        return entries.map(\.transaction)
    }

    // MARK: Time

    /// The group in flight has been waiting for acknowledgements since then.
    mutating func writerStandsStill(since: Instant) {
        if standsStillSince == nil { standsStillSince = since }
    }

    /// The group in flight has come to its end.
    mutating func writerGoesOn(at now: Instant = .now) {
        standstill = standstill(at: now)
        standsStillSince = nil
    }

    /// Those who do not know yet that it is acknowledgements they wait for, once that has lasted for `patience`.
    mutating func takeUnnoticed(at now: Instant, after patience: Duration) -> [any WriteTransaction] {
        guard let since = standsStillSince, since.duration(to: now) >= patience else { return [] }
        var unnoticed: [any WriteTransaction] = []
        for place in entries.indices where !entries[place].isNoticed {
            entries[place].isNoticed = true
            unnoticed.append(entries[place].transaction)
        }
        return unnoticed
    }

    /// Takes out those who have waited long enough.
    ///
    /// - Parameter reason: why there was no turn for those whose deadline is over.
    mutating func takeExpired(at now: Instant, reason: DatabaseThreadError) -> [CompletedTransaction] {
        let fates = entries.map { entry in expiry(of: entry, at: now, reason: reason) }
        guard fates.contains(where: { $0 != nil }) else { return [] }
        let expired = zip(entries, fates).compactMap { entry, error in
            error.map { CompletedTransaction(entry.transaction, .failed($0)) }
        }
        entries = Deque(zip(entries, fates).lazy.filter { $0.1 == nil }.map(\.0))
        return expired
    }

    private func expiry(of entry: Entry, at now: Instant, reason: DatabaseThreadError) -> DatabaseThreadError? {
        if let since = standsStillSince {
            guard let timeout = entry.transaction.commitTimeout else { return nil }
            return max(since, entry.since) + timeout <= now ? .acknowledgementsMissing(timeout) : nil
        }
        guard let deadline = entry.transaction.waitDeadline else { return nil }
        return deadline + (standstill - entry.standstillBefore) <= now ? reason : nil
    }

    private func standstill(at now: Instant) -> Duration {
        standstill + (standsStillSince.map { $0.duration(to: now) } ?? .zero)
    }
}
