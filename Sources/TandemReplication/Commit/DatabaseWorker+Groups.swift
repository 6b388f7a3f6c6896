import TandemLog
import TandemSQLite

extension DatabaseWorker {
    /// A transaction of the group with what came of running it.
    private struct Member {
        let transaction: any WriteTransaction
        /// The place of its record in the group; nil where it changed nothing or failed.
        var recordOffset: Int?
        var error: (any Error)?
        /// Whether it has been answered already, before the group's fate was known.
        var isAnswered = false
        /// Whether it opened the group: then it has seen nothing that is not committed.
        var isFirst = false

        /// How it ended, where nothing of the group stays. What it saw of others, in its rows or in its error, may never
        /// have happened, and is not told (docs/REPLICATION.md, H4).
        func outcomeOfNothing(_ lost: DatabaseThreadError) -> CommitOutcome {
            guard isFirst else { return .failed(lost) }
            return error.map { .failed($0) } ?? .committed(nil)
        }
    }

    /// Runs `first` and what waits behind it as one group, ships it, waits for its fate and tells everyone.
    func runGroup(beginningWith first: any WriteTransaction, segment: UInt64) throws {
        guard try begin(segment, for: first) else { return }
        let started = ContinuousClock.now
        var members: [Member] = []
        var next: (any WriteTransaction)? = first
        while let transaction = next {
            do {
                members.append(try run(transaction))
            } catch {
                members.append(Member(transaction: transaction, error: error))
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
    private func answerFirstWithoutRecord(_ members: inout [Member]) {
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
            try abandon([Member(transaction: first, error: error)], reason: error)
            if let failure = connection.flushFailure { throw failure }
            return false
        }
    }

    /// Runs one transaction in its savepoint. Throws only where the whole group is lost.
    private func run(_ transaction: any WriteTransaction) throws -> Member {
        let offset = records.recordCount
        try connection.beginTransaction()
        do {
            try transaction.execute(on: connection)
        } catch {
            try connection.rollbackTransaction()
            return Member(transaction: transaction, error: error)
        }
        do {
            let hasRecord = try connection.endTransaction()
            return Member(transaction: transaction, recordOffset: hasRecord ? offset : nil)
        } catch let error as SQLiteError where error.code == .groupLost {
            throw error
        } catch {
            return Member(transaction: transaction, error: error)
        }
    }

    private func hasRoom(_ count: Int, since started: ContinuousClock.Instant) -> Bool {
        let configuration = owner.configuration
        return count < configuration.maximumGroupCount && records.byteCount < configuration.maximumGroupBytes
            && (count % 16 != 0 || started.duration(to: .now) < configuration.maximumGroupDuration)
    }

    private func nextMember() -> (any WriteTransaction)? {
        owner.monitor.withLock { state in
            state.running = nil
            guard state.isOpen, !state.isPaused, let next = state.waiting.first, !next.isInteractive else { return nil }
            state.running = state.waiting.popFirst()
            return state.running
        }
    }

    /// Proposes the group's records and waits for what becomes of them.
    private func ship(_ members: inout [Member], segment: UInt64) throws {
        let count = records.recordCount
        let proposal: GroupProposal
        do {
            proposal = GroupProposal(records: try connection.takeRecords(), count: count, segment: segment)
        } catch {
            answerLost(members, error)
            return try connection.rollbackGroup()
        }
        owner.monitor.withLock { $0.group = .proposed }
        owner.proposer.propose(proposal)
        let fate = waitForFate(of: &members, count: count)
        defer {
            owner.monitor.signal { state in
                state.group = .none
                state.acceptedSince = nil
                state.waiting.writerGoesOn()
            }
        }
        switch fate {
        case .committed(let first, let epoch):
            let position = Position(epoch: epoch, index: first.advanced(by: count - 1))
            do {
                try commit(position)
            } catch {
                // It is in the log, here and on the replicas, but this node cannot show it.
                answerInDoubt(members, first: first, epoch: epoch, reason: "the database has failed: \(error)")
                throw error
            }
            answer(members) { offset in
                .committed(offset.map { Position(epoch: epoch, index: first.advanced(by: $0)) })
            }
            // Clients first, then the commit index goes out (rule 21).
            noteApplied(position)
        case .doubtful(let first, let epoch, let reason):
            answerInDoubt(members, first: first, epoch: epoch, reason: reason)
            try connection.rollbackGroup()
        case .rejected(let error):
            answerLost(members, error)
            try connection.rollbackGroup()
        }
    }

    /// SQLite's COMMIT. Where it fails the transactions are committed all the same: their records are applied from the
    /// log before anything else (docs/REPLICATION.md, rule 22).
    private func commit(_ position: Position) throws {
        do {
            try connection.commitGroup(applied: position)
        } catch let error as SQLiteError where error.code == .diverged {
            // It did commit, but more than the records say.
            throw error
        } catch {
            try connection.rollbackGroup()
            try apply(through: position, isRecovery: true)
        }
    }

    private enum Fate {
        case committed(first: LogIndex, epoch: Epoch)
        case doubtful(first: LogIndex, epoch: Epoch, reason: String)
        case rejected(any Error)
    }

    /// What ends the wait for a group's fate.
    private enum Wakening {
        case fate(Fate)
        /// The group is in the log, and is to be made durable here.
        case flush(LogFlush, Position)
        /// A client may want to wait no longer.
        case lookAtWaits
    }

    /// Waits for the group's fate; meanwhile tells clients that wait long, and lets those go whose timeout runs out.
    private func waitForFate(of members: inout [Member], count: Int) -> Fate {
        let started = ContinuousClock.now
        var noticed = false
        while true {
            let isInLog = owner.monitor.withLock { if case .accepted = $0.group { true } else { false } }
            let deadline = nextDeadline(of: isInLog ? members : [], started: started, noticed: noticed)
            let wakening = owner.monitor.wait(until: deadline) {
                Self.wakening(of: count, in: &$0)
            }
            switch wakening {
            case .fate(let fate): return fate
            case .flush(let flush, let last):
                self.flush(flush, committingUpTo: last)
                continue
            case .lookAtWaits, nil: break
            }
            guard case .accepted(let first, let epoch) = owner.monitor.withLock({ $0.group }) else {
                // Not in the log yet, for as long as the replication thread is busy.
                noticed = noticed || started.duration(to: .now) >= owner.configuration.noticeAfter
                continue
            }
            if !noticed, started.duration(to: .now) >= owner.configuration.noticeAfter {
                noticed = true
                for member in members where !member.isAnswered {
                    let index = member.recordOffset.map { first.advanced(by: $0) }
                    member.transaction.commitIsWaiting(index.map { Position(epoch: epoch, index: $0) })
                }
            }
            releaseTimedOut(&members, first: first, epoch: epoch, started: started)
        }
    }

    private static func wakening(of count: Int, in state: inout DatabaseThread.State) -> Wakening? {
        if let flush = state.flush, case .accepted(let first, let epoch) = state.group {
            state.flush = nil
            return .flush(flush, Position(epoch: epoch, index: first.advanced(by: count - 1)))
        }
        if let fate = fate(of: count, in: state) { return .fate(fate) }
        guard state.mustLookAtWaits else { return nil }
        state.mustLookAtWaits = false
        return .lookAtWaits
    }

    /// Makes the group durable here while it is on its way to the replicas; then does what SQLite's COMMIT can have
    /// done ahead.
    private func flush(_ flush: LogFlush, committingUpTo position: Position) {
        owner.proposer.flushed(flush, Result { () throws(LogError) in try flush.perform() })
        // What fails here fails again in the COMMIT, and is dealt with there.
        try? connection.prepareCommit(applied: position)
    }

    private static func fate(of count: Int, in state: DatabaseThread.State) -> Fate? {
        switch state.group {
        case .none: return nil
        case .rejected(let error): return .rejected(error)
        case .proposed:
            return nil
        case .accepted(let first, let epoch):
            if let target = state.target, target.index >= first.advanced(by: count - 1), target.epoch == epoch {
                return .committed(first: first, epoch: epoch)
            }
            if let reason = state.reignEnded { return .doubtful(first: first, epoch: epoch, reason: reason) }
            if state.isStopping {
                return .doubtful(first: first, epoch: epoch, reason: "the node is shutting down")
            }
            return nil
        }
    }

    private func nextDeadline(of members: [Member], started: ContinuousClock.Instant, noticed: Bool)
        -> ContinuousClock.Instant?
    {
        var deadline = noticed ? nil : started + owner.configuration.noticeAfter
        for member in members where !member.isAnswered {
            guard let timeout = member.transaction.commitTimeout else { continue }
            deadline = min(deadline ?? started + timeout, started + timeout)
        }
        return deadline
    }

    /// Tells those whose commit timeout has run out that their commit is in doubt; nothing changes in the log. Those who
    /// changed nothing are told that nothing of theirs happened, and not what they saw.
    private func releaseTimedOut(
        _ members: inout [Member], first: LogIndex, epoch: Epoch, started: ContinuousClock.Instant
    ) {
        var released: [CompletedTransaction] = []
        for place in members.indices {
            guard !members[place].isAnswered, let timeout = members[place].transaction.commitTimeout,
                started + timeout <= .now
            else { continue }
            members[place].isAnswered = true
            let position = members[place].recordOffset.map { Position(epoch: epoch, index: first.advanced(by: $0)) }
            let outcome = position.map { CommitOutcome.inDoubt($0, .timedOut(timeout)) }
            released.append(
                CompletedTransaction(
                    members[place].transaction, outcome ?? members[place].outcomeOfNothing(.waitBrokenOff)))
        }
        if !released.isEmpty { owner.completed(released) }
    }

    /// Tells everyone how it ended; failed transactions learn it only now, for their error may show what others of
    /// the group did (docs/REPLICATION.md, H4).
    private func answer(_ members: [Member], outcome: (Int?) -> CommitOutcome) {
        owner.completed(
            members.lazy.filter { !$0.isAnswered }.map { member in
                CompletedTransaction(
                    member.transaction, member.error.map { .failed($0) } ?? outcome(member.recordOffset))
            })
    }

    /// Tells everyone that nothing of the group has happened.
    private func answerLost(_ members: [Member], _ error: any Error) {
        let lost = DatabaseThreadError.groupLost(String(describing: error))
        owner.completed(
            members.filter { !$0.isAnswered }.map { member in
                let outcome = member.recordOffset == nil ? member.outcomeOfNothing(lost) : .failed(error)
                return CompletedTransaction(member.transaction, outcome)
            })
    }

    private func answerInDoubt(_ members: [Member], first: LogIndex, epoch: Epoch, reason: String) {
        let lost = DatabaseThreadError.groupLost(reason)
        owner.completed(
            members.filter { !$0.isAnswered }.map { member in
                let position = member.recordOffset.map { Position(epoch: epoch, index: first.advanced(by: $0)) }
                let outcome = position.map { CommitOutcome.inDoubt($0, .reignEnded(reason)) }
                return CompletedTransaction(member.transaction, outcome ?? member.outcomeOfNothing(lost))
            })
    }

    /// SQLite has rolled everything back by itself, or cannot go on with the group.
    private func abandon(_ members: [Member], reason: any Error) throws {
        let isOver = owner.monitor.withLock { state in
            state.running = nil
            return state.isOver
        }
        let failure = reason as? SQLiteError
        let lost =
            isOver
            ? DatabaseThreadError.noLongerPrimary
            : DatabaseThreadError.groupLost(
                failure.map { $0.isOfTheSystem ? $0.message : "a statement of another transaction ended it" }
                    ?? String(describing: reason))
        let causedIt = members.count - 1
        owner.completed(
            members.enumerated().map { place, member in
                // An error that names a row may name one that never was; that the disk is full may be told.
                let isOfTheSystem = (member.error as? SQLiteError)?.isOfTheSystem ?? false
                let mayBeTold = !isOver && (place == 0 || (place == causedIt && isOfTheSystem))
                return CompletedTransaction(member.transaction, .failed(mayBeTold ? member.error ?? lost : lost))
            })
        try connection.rollbackGroup()
    }
}
