import TandemLog
import TandemSQLite

extension DatabaseWorker {
    /// Applies the committed records up to `position`, in SQLite transactions of bounded size.
    func apply(through position: Position) throws {
        let history = owner.monitor.withLock { $0.history }
        while true {
            let (end, follows) = owner.monitor.withLock { ($0.limit(position.index), $0.follows) }
            connection.follows = follows
            guard connection.applied.position.index < end else { return }
            if owner.monitor.withLock({ $0.isStopping }) { return }
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
        }
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
