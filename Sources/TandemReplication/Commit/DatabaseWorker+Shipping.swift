import TandemLog
import TandemSQLite

// What becomes of a group once it has run: its way through the log (docs/REPLICATION.md, rules 19 to 22).
extension DatabaseWorker {
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

    /// Proposes the group's records and waits for what becomes of them.
    func ship(_ members: inout [GroupedTransaction], segment: UInt64) throws {
        let count = records.recordCount
        let proposal: GroupProposal
        do {
            proposal = GroupProposal(records: try connection.takeRecords(), count: count, segment: segment)
        } catch {
            answerLost(members, error)
            return try connection.rollbackGroup()
        }
        let isOver = owner.monitor.withLock { state in
            if !state.isOver { state.group = .proposed }
            return state.isOver
        }
        // Since the last look: whoever would answer may be gone.
        if isOver {
            answerLost(members, DatabaseThreadError.noLongerPrimary)
            return try connection.rollbackGroup()
        }
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
            noteShown(position)
            answer(members) { offset in
                .committed(offset.map { Position(epoch: epoch, index: first.advanced(by: $0)) })
            }
            // Clients first, then the commit index goes out (rule 21).
            owner.proposer.applied(position)
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

    /// Waits for the group's fate; meanwhile tells clients that wait long, and lets those go whose timeout runs out.
    private func waitForFate(of members: inout [GroupedTransaction], count: Int) -> Fate {
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

    /// Makes the group durable here while it is on its way to the replicas; then does what SQLite's COMMIT can have
    /// done ahead.
    private func flush(_ flush: LogFlush, committingUpTo position: Position) {
        owner.proposer.flushed(flush, Result { () throws(LogError) in try flush.perform() })
        // What fails here fails again in the COMMIT, and is dealt with there.
        try? connection.prepareCommit(applied: position)
    }

    private func nextDeadline(of members: [GroupedTransaction], started: ContinuousClock.Instant, noticed: Bool)
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
        _ members: inout [GroupedTransaction], first: LogIndex, epoch: Epoch, started: ContinuousClock.Instant
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
}
