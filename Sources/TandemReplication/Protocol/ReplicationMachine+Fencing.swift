import TandemLog

// Giving up a role for a higher epoch: docs/REPLICATION.md, rules 11, 18, 22 and 25.
extension ReplicationMachine {
    /// Another node has named an epoch it promised. Only a member is believed.
    ///
    /// - Returns: whether this node gave up its role for it.
    @discardableResult
    mutating func learn(_ epoch: Epoch?, from node: NodeID, now: Moment) -> Bool {
        guard let epoch, isMember(node) else { return false }
        note(counterOf: epoch)
        if hasForgotten(epoch) { return loseMemory(of: epoch, now: now) }
        switch role {
        case .primary, .candidate, .starting:
            guard let promised = durable.promised, epoch > promised, !mutations.contains(.noFence) else { return false }
            stepDown(.superseded(by: epoch), now: now)
            return true
        case .idle, .replica, .failed: return false
        }
    }

    /// Whether somebody was asked for that epoch in this node's name, but not by it as it is now: it promises an epoch itself,
    /// durably, before it asks (rules 6, 8). Its disk is an older copy, or a copy of it was started.
    func hasForgotten(_ epoch: Epoch) -> Bool {
        epoch.node == durable.node && durable.promised.map { epoch > $0 } ?? true
    }

    /// What else was promised, or acknowledged, is forgotten, too: the node counts for nothing until it has caught up (rule
    /// 30). What it is told it promises anew: it was the first to promise that, and must not go on with an older primary.
    ///
    /// - Returns: whether this node gave up its role for it.
    @discardableResult
    mutating func loseMemory(of epoch: Epoch, now: Moment) -> Bool {
        var changed = durable
        changed.whole = false
        changed.forgotten = max(epoch, durable.forgotten ?? epoch)
        if !mutations.contains(.forgetsAgain) { changed.promised = epoch }
        if changed != durable {
            durable = changed
            persist()
        }
        let gaveUp =
            switch role {
            case .primary, .candidate, .starting: true
            case .idle, .replica, .failed: false
            }
        if gaveUp {
            stepDown(.forgotten(epoch), now: now)
        } else if case .promotion? = election?.kind {
            giveUpPromotion(.notEligible, now: now)
        }
        // Its epoch is below the one that is promised now (rule 15).
        if case .following(let following) = upstream, following.epoch != durable.promised {
            loseUpstream("its epoch \(following.epoch) is below what was promised", close: true, now: now)
        }
        // Each member tells the epoch it knows, again and again: the highest is told of once.
        if case .epochForgotten(let known)? = problem, known >= epoch { return gaveUp }
        note(.epochForgotten(epoch))
        return gaveUp
    }

    func isMember(_ node: NodeID) -> Bool {
        log.recordsInForce(commit: commit).contains { $0.record.members.contains { $0.node == node } }
    }

    /// Ends the reign, or the attempt at one, for good: somebody came later (rule 25).
    mutating func stepDown(_ reason: StepDownReason, now: Moment) {
        if case .promotion? = election?.kind {
            let failure: ReplicationReport.PromotionFailure =
                if case .superseded(let epoch) = reason { .superseded(by: epoch) } else { .notEligible }
            promotionFailed(failure, now: now)
        }
        if durable.reign != nil {
            durable.reign = nil
            persist()
        }
        leaveRole(reason, now: now)
    }

    /// A replica that is no member has promised a higher epoch: it is not believed, but it could never follow this
    /// reign. So the reign is continued in an epoch above that one, as after a restart (rules 6, 25).
    mutating func beginAgain(above epoch: Epoch, now: Moment) {
        guard let reign = durable.reign else { return }
        note(counterOf: epoch)
        endReign(.outrun(by: epoch))
        role = .starting
        upstream = .none
        elect(.start(reign: reign), phase: .surveying, acceptsDataLoss: false, now: now)
    }

    /// Leaves the role of primary, starting or candidate and looks for a primary (rule 18).
    mutating func leaveRole(_ reason: StepDownReason, now: Moment) {
        election = nil
        endReign(reason)
        follow(now: now)
    }

    private mutating func endReign(_ reason: StepDownReason) {
        perform(.steppedDown(reason))
        report(.steppedDown(reason))
        reign = nil
        if mutations.contains(.acknowledgementsOfAnyEpoch) { return }
        for connection in connections.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            let refused = Refused(reason: .notPrimary, promised: durable.promised, primary: primaryHint)
            perform(.send(.refused(refused), to: connection))
            perform(.close(connection, reason: "no longer primary"))
        }
        connections = [:]
        followers = [:]
    }

    /// An append, a flush or a persist has failed: nothing this node's log holds above what was flushed can be
    /// trusted, and no flush will be believed again. Only a restart, with recovery from the disk, helps (rule 22).
    public mutating func logFailed(_ reason: String, now: Moment) -> [Action] {
        if mutations.contains(.retryInEpoch), let reign, log.flushed >= reign.epochIndex {
            log.cut(above: log.flushed)
            return finish()
        }
        guard role != .failed else { return finish() }
        let former = role
        election = nil
        closeUpstream(reason: "the log failed")
        upstream = .none
        if former == .primary { endReign(.logFailed(reason)) }
        role = .failed
        note(.logFailed(reason))
        return finish()
    }
}
