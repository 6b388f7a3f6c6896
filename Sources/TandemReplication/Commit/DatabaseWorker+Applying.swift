import TandemLog
import TandemSQLite

extension DatabaseWorker {
    /// Applies the committed records up to `position`, in SQLite transactions of bounded size.
    ///
    /// - Parameter isRecovery: the clients of these records are about to hear that they are committed, so nothing that
    ///   holds an applier back counts.
    func apply(through position: Position, isRecovery: Bool = false) throws {
        let history = owner.monitor.withLock { $0.history }
        while true {
            let end = isRecovery ? position.index : try endOfApplying(through: position)
            connection.follows = owner.monitor.withLock { $0.follows }
            guard connection.applied.position.index < end else { return noteCaughtUp() }
            if !isRecovery, owner.monitor.withLock({ $0.isStopping }) { return }
            let reader = try applyingReader()
            guard
                let batch = try reader.next(
                    through: end, maximumBytes: owner.configuration.applyBatchBytes)
            else {
                throw LogError(.missing, "The log has no record \(reader.nextIndex), which is committed.")
            }
            defer { tellDrifts() }
            try connection.apply(batch, through: end, history: history)
            noteApplied(connection.applied.position)
            if connection.mustCheckpoint { try checkpoint() }
            connection.shortenLog()
        }
    }

    /// How far records may be applied at this moment.
    private func endOfApplying(through position: Position) throws -> LogIndex {
        let (end, atOnce) = owner.monitor.withLock { ($0.limit(position.index), $0.appliesAtOnce) }
        guard let delayed, !atOnce else {
            owner.monitor.withLock { $0.oldestDelayed = nil }
            return end
        }
        let due = try delayed.advance(
            after: connection.applied.position.index, through: end, now: ReplicationDriver.wallClock)
        owner.monitor.withLock { $0.oldestDelayed = delayed.oldest }
        return due
    }

    /// Says once that everything is applied which may be: a delayed node has what it showed before its restart.
    private func noteCaughtUp() {
        guard delayed != nil, !hasToldCaughtUp else { return }
        hasToldCaughtUp = true
        owner.proposer.caughtUp()
    }

    /// The reader of the record that follows the database, with the connection ready to apply it.
    private func applyingReader() throws -> LogReader {
        let next = connection.applied.position.index.next
        if let reader, reader.nextIndex == next { return reader }
        let fresh = try LogReader(directory: logDirectory, from: next)
        try stopApplying()
        try connection.startApplying(tables: fresh.tables)
        reader = fresh
        return fresh
    }

    /// Makes the connection ready for groups.
    func stopApplying() throws {
        guard reader != nil else { return }
        reader = nil
        try connection.stopApplying()
    }
}
