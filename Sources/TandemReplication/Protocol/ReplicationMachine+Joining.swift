import TandemLog

// A replica is accepted by its primary, and agrees with its log: docs/REPLICATION.md, rules 14 and 31.
extension ReplicationMachine {
    /// ACCEPT came: the primary streams from the common index on (rule 14).
    public mutating func accepted(_ accept: Accept, now: Moment) -> [Action] {
        guard case .dialling(let number, let address, _) = upstream, number == accept.number else { return finish() }
        guard durable.group == nil || durable.group == accept.group else {
            note(.otherGroup(address: address))
            loseUpstream("another group", close: true, now: now)
            return finish()
        }
        guard accept.epoch.node != durable.node else {
            note(.sameNode)
            loseUpstream("this node itself", close: true, now: now)
            return finish()
        }
        if let promised = durable.promised, accept.epoch < promised, !mutations.contains(.noFence) {
            let refused = Refused(reason: .epochTooLow, promised: promised)
            perform(.sendUpstream(.refused(refused), on: number))
            loseUpstream("its epoch \(accept.epoch) is below what was promised", close: true, now: now)
            return finish()
        }
        guard agrees(with: accept, at: address, now: now) else { return finish() }
        join(accept, address: address, now: now)
        return finish()
    }

    /// Whether this node's database can be followed on from the common index; a snapshot is needed otherwise.
    private mutating func agrees(with accept: Accept, at address: String, now: Moment) -> Bool {
        guard accept.common <= log.last else {
            loseUpstream("its common index \(accept.common) is beyond this log", close: true, now: now)
            return false
        }
        if mutations.contains(.commitUnverified) { raiseCommit(to: accept.commit) }
        if accept.common < max(applied, commit) {
            note(.diverged(common: accept.common, applied: applied, commit: commit, epoch: accept.epoch))
            becomeNotWhole()
            fetchSnapshot(.diverged(common: accept.common, epoch: accept.epoch), from: address)
        } else if accept.first > accept.common.next {
            note(.pruned(common: accept.common, first: accept.first))
            fetchSnapshot(.pruned, from: address)
        } else {
            return true
        }
        loseUpstream("a snapshot is needed", close: true, wait: configuration.silenceLimit, now: now)
        return false
    }

    mutating func becomeNotWhole() {
        guard durable.whole else { return }
        durable.whole = false
        persist()
    }

    /// Promises the epoch, cuts its tail, and says how far it is (rule 14).
    private mutating func join(_ accept: Accept, address: String, now: Moment) {
        note(counterOf: accept.epoch)
        var changed = durable
        changed.group = accept.group
        if durable.promised.map({ $0 < accept.epoch }) ?? true { changed.promised = accept.epoch }
        changed.reign = nil
        if accept.acknowledged > accept.common {
            report(.lostAcknowledged(acknowledged: accept.acknowledged, holds: accept.common))
            changed.whole = false
        }
        if changed != durable {
            durable = changed
            if !mutations.contains(.promisesNotDurable) { persist() }
        }
        if log.last > accept.common {
            let index = mutations.contains(.cutTooFar) ? accept.common.previous : accept.common
            perform(
                .cutLog(above: index, CutReason(epoch: accept.epoch, common: accept.common, commit: commit)))
            log.cut(above: index)
        }
        problem = nil
        failedPromotion = nil
        upstream = .following(
            Following(
                number: accept.number, address: address, epoch: accept.epoch, lastHeard: now, announced: accept.commit,
                acknowledgedBefore: accept.acknowledged))
        report(
            .following(
                primary: accept.epoch.node, epoch: accept.epoch, address: address, common: accept.common,
                commit: accept.commit))
        raiseCommit(to: accept.commit)
        considerWholeness()
        acknowledge()
        reconsiderSnapshot(from: address)
    }
}
