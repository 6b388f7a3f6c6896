/// What the statement at hand has asked of advisory locks.
///
/// A statement that has to wait for a lock is ended, and run again from its beginning once the lock is there: no thread
/// waits with it. What its functions were answered the first time they are answered again, so that nothing is taken or given
/// back twice.
struct AdvisoryCalls {
    private struct Call {
        var text: Substring
        var answer: String
        /// The lock that it has taken.
        var taken: AdvisoryLockTable.Request?
    }

    /// A statement that has made more calls cannot be run again.
    static let maximumCount = 1_000

    /// The calls of the statement at hand.
    private var made: [Call] = []
    /// Those of the runs of it that had to wait, as far as they were not made again.
    private var earlier: [Call] = []
    /// The lock that the session waits for.
    private(set) var awaited: AdvisoryLockTable.Request?
    /// Whether there are locks to give back at the end of the transaction.
    var hasTransactionLocks = false

    /// Whether the statement may be run again.
    var isRepeatable: Bool { made.count + earlier.count < Self.maximumCount }

    /// What this call was answered in a run of the statement that had to wait; nil if it has not been made there.
    mutating func earlierAnswer(to text: Substring) -> String? {
        guard let place = earlier.firstIndex(where: { $0.text == text }) else { return nil }
        let call = earlier.remove(at: place)
        made.append(call)
        return call.answer
    }

    mutating func answered(_ text: Substring, _ answer: String, taken: AdvisoryLockTable.Request? = nil) {
        // Of more than these nothing is kept: see `isRepeatable`.
        guard isRepeatable else { return }
        made.append(Call(text: text, answer: answer, taken: taken))
    }

    /// The statement has to wait for a lock, which is its once it is run again.
    mutating func waits(for request: AdvisoryLockTable.Request, _ text: Substring) {
        earlier += made
        earlier.append(Call(text: text, answer: "", taken: request))
        made.removeAll()
        awaited = request
        if request.scope == .transaction { hasTransactionLocks = true }
    }

    /// The lock that was waited for is there.
    mutating func arrived() { awaited = nil }

    /// The statement has run to its end.
    ///
    /// - Returns: what was taken for it and not asked for again, because it found other rows the second time.
    mutating func statementEnded() -> [AdvisoryLockTable.Request] {
        let unused = earlier.compactMap(\.taken)
        made.removeAll()
        earlier.removeAll()
        return unused
    }

    /// The statement has failed. It keeps what it has got for the session, as in PostgreSQL.
    ///
    /// - Returns: the lock that it was waiting for.
    mutating func statementFailed() -> AdvisoryLockTable.Request? {
        defer { awaited = nil }
        made.removeAll()
        earlier.removeAll()
        return awaited
    }
}
