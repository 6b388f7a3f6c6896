import TandemLog

// The log grows and is committed: docs/REPLICATION.md, rules 15, 16, 19 to 22, 24, 27 and 29.
extension ReplicationMachine {
    /// The writer hands in a group of `count` transactions, executed on everything committed so far (rule 19).
    public mutating func proposed(count: Int, now: Moment) -> [Action] {
        considerLease(now: now)
        guard servesWrites, let reign, reign.handOver?.isTold != true, count > 0 else {
            perform(.refuseProposed)
            return finish()
        }
        let first = log.last.next
        perform(.appendProposed(first: first, epoch: reign.epoch, knownCommit: commit))
        if log.history.lastEpoch != reign.epoch { log.history.begin(reign.epoch, at: first) }
        log.last = log.last.advanced(by: count)
        appended.appended(log.last, at: now)
        noteWaiting(now: now)
        perform(.streamAppended)
        if !mutations.contains(.primaryWithoutFlush) { perform(.flushLog) }
        return finish()
    }

    /// The log is durable up to here: fdatasync has returned.
    public mutating func flushed(through index: LogIndex, now: Moment) -> [Action] {
        let before = log.flushed
        log.flushed = max(log.flushed, min(index, log.last))
        switch role {
        case .primary: advanceCommit(now: now)
        case .replica:
            release()
            considerWholeness()
            if log.flushed > before { acknowledge() }
            relayFurther()
        case .idle, .starting, .candidate, .failed: break
        }
        // More may have come, or other records in the place of what was flushed, while the flush ran.
        if election?.phase == .flushing { flushBeforeAsking(now: now) }
        return finish()
    }

    /// The thread has no more events in hand: what was put off is done now.
    public mutating func drained(now: Moment) -> [Action] {
        switch role {
        case .primary:
            announceCommit(now: now)
            relayFurther()
        case .replica where log.flushed == log.last: relayFurther()
        case .replica, .candidate, .starting: if log.flushed < log.last { perform(.flushLog) }
        case .idle, .failed: break
        }
        return finish()
    }

    /// Time has passed. To be called about ten times a second.
    public mutating func ticked(now: Moment) -> [Action] {
        considerLease(now: now)
        if election != nil { repeatQuestions(now: now) }
        switch role {
        case .primary:
            watchFollowers(now: now)
            watchRelays(now: now)
            considerHandOver(now: now)
            announceReign(now: now)
            considerMembers(now: now)
            considerDegrading(now: now)
            tellReplacedMembers()
        case .replica:
            answerKeepalive()
            watchUpstream(now: now)
            watchRelays(now: now)
        case .idle, .starting, .candidate, .failed: break
        }
        return finish()
    }

    /// The database is at this position now: a primary's writer or an applier has COMMITted up to it.
    public mutating func applied(_ position: Position, now: Moment) -> [Action] {
        applied = max(applied, position.index)
        let wasEstablished = reign?.established ?? true
        skipContentFree()
        considerReadiness()
        if !wasEstablished { considerMembers(now: now) }
        return finish()
    }

    /// On a node that is delayed by choice the database has everything that is old enough: what it showed before its
    /// restart, and more (rule 39).
    public mutating func databaseCaughtUp(now: Moment) -> [Action] {
        if configuration.appliesDelayed { restartCommit = min(restartCommit, applied) }
        return finish()
    }

    /// The writer's SQLite COMMIT of committed records failed: they are applied from the log before anything else is
    /// executed (rule 22).
    public mutating func databaseCommitFailed(now: Moment) -> [Action] {
        guard role == .primary, reign != nil, let position = log.position(at: commit) else { return finish() }
        reign?.ready = false
        reign?.recoverThrough = commit
        perform(.applyFromLog(through: position))
        return finish()
    }

    /// Commits what has its acknowledgements (rule 20).
    mutating func advanceCommit(now: Moment) {
        considerLease(now: now)
        guard role == .primary, reign != nil, election == nil else { return }
        let index = committable()
        if index > commit {
            commit = index
            reign?.waitingSince = index < log.last ? now : nil
        }
        release()
        skipContentFree()
        considerReadiness()
    }

    /// Notes that a record has begun to wait for its acknowledgements.
    mutating func noteWaiting(now: Moment) {
        if reign?.waitingSince == nil { reign?.waitingSince = now }
    }

    /// Epoch and member records change nothing in the database: applied as soon as what lies below them is.
    private mutating func skipContentFree() {
        guard let first = reign?.contentFree.first, first <= commit else { return }
        while let index = reign?.contentFree.first, index <= min(commit, applied.next) {
            applied = max(applied, index)
            reign?.contentFree.removeFirst()
        }
    }

    /// The highest index that may be committed: of this epoch, flushed here, and acknowledged under every rule in
    /// force for it (rules 20, 27).
    func committable() -> LogIndex {
        guard let reign else { return commit }
        let records = log.recordsInForce(commit: commit)
        var end = mutations.contains(.primaryWithoutFlush) ? log.last : log.flushed
        for upper in records.indices.reversed() {
            let floor = upper == records.startIndex ? .zero : records[upper].index
            var index = end
            for rule in records[...upper] {
                if mutations.contains(.newRuleAlone), rule.index < records[upper].index { continue }
                let waived = isWaived(rule, in: records[...upper])
                index = min(index, held(under: rule.record, waived: waived))
            }
            let ofThisReign = index >= reign.epochIndex || commitsOlderEpochs
            if index >= floor, index > commit, ofThisReign { return index }
            end = min(end, floor.previous)
        }
        return commit
    }

    private var commitsOlderEpochs: Bool {
        mutations.contains(.commitAnyEpoch) || mutations.contains(.noEpochRecord)
    }

    /// Whether a record's rule gives way to a later one: it cannot be met by its own members (first set-up, rule 27),
    /// or it allows degrading and a later record degrades (rule 29). Under both, only all members can promote somebody.
    private func isWaived(_ placed: PlacedMemberRecord, in records: ArraySlice<PlacedMemberRecord>) -> Bool {
        guard let newest = records.last, placed.index < newest.index else { return false }
        let replicas = placed.record.members.count - 1
        if placed.record.acknowledgements.required(replicas: replicas) > replicas { return true }
        return placed.record.mayDegrade
            && records.contains { $0.index > placed.index && $0.record.acknowledgements == .count(0) }
    }

    /// The highest index that enough members of this record hold; ``LogIndex/maximum`` if this node is enough.
    ///
    /// K and the primary hold it, which is one of them; a primary that is no member of this record yet counts for
    /// nothing under it. Where the rule is waived, one member is enough: no promotion goes without it.
    private func held(under record: MemberRecord, waived: Bool) -> LogIndex {
        let holders = waived ? 1 : record.requiredAcknowledgements + 1
        let countsItself = record.contains(durable.node) || mutations.contains(.strangerCountsItself)
        let required = holders - (countsItself ? 1 : 0)
        guard required > 0 else { return .maximum }
        var indexes: [LogIndex] = []
        for (node, follower) in followers where node != durable.node {
            if record.members.contains(where: { $0.node == node }) || mutations.contains(.countNonMembers) {
                indexes.append(follower.acknowledged)
            }
        }
        if mutations.contains(.countRelays) { indexes += relays.values.map(\.progress.acknowledged) }
        guard indexes.count >= required else { return .zero }
        indexes.sort(by: >)
        return indexes[required - 1]
    }

    /// What became of a transaction whose client was left in doubt (rule 24).
    public func outcome(of position: Position) -> Outcome {
        Self.outcome(of: position, commit: commit, history: log.history)
    }

    /// The same, as a node's commit index and epoch history tell it.
    public static func outcome(of position: Position, commit: LogIndex, history: EpochHistory) -> Outcome {
        if position.index > commit {
            // Epochs never go back: above a committed record of a later one there is none of this one's.
            return history.epoch(at: commit).map { $0 > position.epoch } ?? false ? .neverCommitted : .inDoubt
        }
        return history.epoch(at: position.index) == position.epoch ? .committed : .neverCommitted
    }

    /// The outcome of a transaction, as far as a node knows it.
    public enum Outcome: String, Sendable {
        /// Not committed here yet: ask again.
        case inDoubt
        case committed
        case neverCommitted
    }
}
