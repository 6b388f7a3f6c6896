import TandemLog
import TandemSQLite

// Running transactions in groups.
extension DatabaseWorker {
    /// A transaction that has failed cannot be rolled back alone: SQLite has rolled back its group, or cannot go on.
    private struct GroupEnd: Error {
        /// What the transaction itself threw.
        var own: any Error
        var reason: any Error
    }

    /// Runs `first` and what waits behind it as one group, ships it, waits for its fate and tells everyone.
    func runGroup(beginningWith first: any WriteTransaction, segment: UInt64) throws {
        guard try begin(segment, for: first) else { return }
        let started = ContinuousClock.now
        var members: [GroupedTransaction] = []
        var next: (any WriteTransaction)? = first
        while let transaction = next {
            do {
                members.append(try run(transaction))
            } catch let end as GroupEnd {
                members.append(GroupedTransaction(transaction: transaction, error: end.own))
                return try abandon(members, reason: end.reason)
            } catch {
                members.append(GroupedTransaction(transaction: transaction, error: error))
                return try abandon(members, reason: error)
            }
            next = hasRoom(members.count, since: started) ? nextMember() : nil
        }
        let isOver = owner.monitor.withLock { state in
            state.running = nil
            return state.isOver
        }
        if isOver { return try abandon(members, reason: DatabaseThreadError.noLongerPrimary) }
        members[0].isFirst = true
        guard records.recordCount > 0 else {
            // Nothing was changed, so nobody can have seen a change.
            answer(members) { _ in .committed(nil) }
            return try connection.rollbackGroup()
        }
        answerFirstWithoutRecord(&members)
        try ship(&members, segment: segment)
    }

    /// The first of a group has seen committed states alone: where it changed nothing, it need not wait.
    private func answerFirstWithoutRecord(_ members: inout [GroupedTransaction]) {
        guard members[0].recordOffset == nil else { return }
        members[0].isAnswered = true
        let outcome = members[0].error.map { CommitOutcome.failed($0) } ?? .committed(nil)
        owner.completed([CompletedTransaction(members[0].transaction, outcome)])
    }

    /// Begins a group. Where SQLite cannot, for want of space say, the transaction that needed it fails alone.
    private func begin(_ segment: UInt64, for first: any WriteTransaction) throws -> Bool {
        records = RecordBuffer()
        do {
            try stopApplying()
            try connection.beginGroup(into: records, segment: segment)
            return true
        } catch {
            try abandon([GroupedTransaction(transaction: first, error: error)], reason: error)
            if let failure = connection.flushFailure { throw failure }
            return false
        }
    }

    /// Runs one transaction in its savepoint. Throws only where the whole group is lost.
    private func run(_ transaction: any WriteTransaction) throws -> GroupedTransaction {
        let offset = records.recordCount
        try connection.beginTransaction()
        do {
            try transaction.execute(on: connection)
        } catch {
            let own = error
            do {
                try connection.rollbackTransaction()
            } catch {
                throw GroupEnd(own: own, reason: error)
            }
            return GroupedTransaction(transaction: transaction, error: own)
        }
        do {
            let hasRecord = try connection.endTransaction()
            return GroupedTransaction(transaction: transaction, recordOffset: hasRecord ? offset : nil)
        } catch let error as SQLiteError where error.code == .groupLost {
            throw error
        } catch {
            return GroupedTransaction(transaction: transaction, error: error)
        }
    }

    private func hasRoom(_ count: Int, since started: ContinuousClock.Instant) -> Bool {
        let configuration = owner.configuration
        return count < configuration.maximumGroupCount && records.byteCount < configuration.maximumGroupBytes
            && started.duration(to: .now) < configuration.maximumGroupDuration
    }

    private func nextMember() -> (any WriteTransaction)? {
        owner.monitor.withLock { state in
            state.running = nil
            guard state.isOpen, !state.isPaused, let next = state.waiting.first, !next.opensGroup else { return nil }
            state.running = state.waiting.popFirst()
            return state.running
        }
    }
}
