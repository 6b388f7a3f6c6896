import TandemLog

// A replica and its primary: docs/REPLICATION.md, rules 13 to 17, 30 and 31.
extension ReplicationMachine {
    /// Becomes a replica that dials as soon as time passes.
    mutating func follow(now: Moment) {
        role = .replica
        upstream = .waiting(until: now)
        nextAddress = 0
        redial(now: now)
    }

    mutating func closeUpstream(reason: String) {
        switch upstream {
        case .none, .waiting: break
        case .dialling(let number, _, _): perform(.closeUpstream(number, reason: reason))
        case .following(let following): perform(.closeUpstream(following.number, reason: reason))
        }
        if role == .replica { upstream = .waiting(until: .zero) }
    }

    /// Dials the next address if it is time to.
    mutating func redial(now: Moment) {
        guard role == .replica, case .waiting(let until) = upstream, until <= now else { return }
        let addresses = knownAddresses()
        let address: String
        if let hint = primaryHint, hint != configuration.address, !configuration.cascades {
            address = hint
            primaryHint = nil
        } else if addresses.isEmpty {
            return
        } else {
            address = addresses[nextAddress % addresses.count]
            nextAddress += 1
        }
        dialled &+= 1
        let connect = Connect(
            group: durable.group, node: durable.node, address: configuration.address,
            number: ConnectionNumber(incarnation: durable.incarnation, count: dialled), promised: durable.promised,
            whole: durable.whole, history: log.history, last: log.last, commit: commit,
            cascades: configuration.cascades)
        upstream = .dialling(connect.number, address: address, since: now)
        perform(.dial(address: address, connect))
    }

    /// The address the node was given first, then those of the members. A cascade knows one address.
    private func knownAddresses() -> [String] {
        var result: [String] = []
        if case .replica(let primary?) = configuration.role { result.append(primary) }
        if configuration.cascades { return result }
        for member in otherMembers() where !result.contains(member.address) { result.append(member.address) }
        return result
    }

    private mutating func loseUpstream(_ reason: String, close: Bool, wait: Duration? = nil, now: Moment) {
        let address: String
        switch upstream {
        case .none, .waiting: return
        case .dialling(let number, let dialled, _):
            address = dialled
            if close { perform(.closeUpstream(number, reason: reason)) }
        case .following(let following):
            address = following.address
            if close { perform(.closeUpstream(following.number, reason: reason)) }
            report(.upstreamLost(address: address, reason: reason))
        }
        upstream = .waiting(until: now + (wait ?? configuration.redialDelay))
    }

    /// The outgoing connection could not be opened, or was closed by the other side.
    public mutating func upstreamClosed(_ number: ConnectionNumber, reason: String, now: Moment) -> [Action] {
        if isCurrent(number) { loseUpstream(reason, close: false, now: now) }
        return finish()
    }

    private func isCurrent(_ number: ConnectionNumber) -> Bool {
        switch upstream {
        case .none, .waiting: false
        case .dialling(let dialled, _, _): dialled == number
        case .following(let following): following.number == number
        }
    }

    /// REFUSED came on the outgoing connection, which the rim closes itself once this has been handed in.
    public mutating func refused(_ refused: Refused, on number: ConnectionNumber, now: Moment) -> [Action] {
        guard isCurrent(number) else { return finish() }
        note(counterOf: refused.promised)
        switch upstream {
        case .dialling(_, let address, _):
            report(.refused(refused, address: address))
            if refused.reason == .otherGroup { note(.otherGroup(address: address)) }
            if refused.reason == .sameNode { note(.sameNode) }
        case .none, .waiting, .following: break
        }
        primaryHint = refused.primary
        loseUpstream("refused: \(waitForEpoch(refused) ?? refused.reason.description)", close: true, now: now)
        return finish()
    }

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

    private mutating func becomeNotWhole() {
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
        upstream = .following(
            Following(
                number: accept.number, address: address, epoch: accept.epoch, lastHeard: now, announced: accept.commit))
        report(
            .following(
                primary: accept.epoch.node, epoch: accept.epoch, address: address, common: accept.common,
                commit: accept.commit))
        raiseCommit(to: accept.commit)
        considerWholeness()
        acknowledge()
        reconsiderSnapshot(from: address)
    }

    /// RECORDS came, put together from its frames and checked (rule 15).
    ///
    /// - Parameter contents: what the batch holds, as found in its bytes; must be what the header says.
    public mutating func recordsReceived(_ header: RecordsHeader, _ contents: ReceivedRecords, now: Moment) -> [Action]
    {
        guard hear(epoch: header.epoch, on: header.number, clock: header.clock, now: now) else { return finish() }
        let lastEpoch = contents.epochs.last?.epoch ?? log.history.lastEpoch
        guard contents.first == header.first, contents.last == header.last, contents.first == log.last.next,
            contents.first <= contents.last, lastEpoch.map({ $0 <= header.epoch }) ?? false
        else {
            loseUpstream("records \(header.first) to \(header.last) do not follow \(log.last)", close: true, now: now)
            return finish()
        }
        guard extends(contents.epochs) else {
            loseUpstream("epochs go back at record \(header.first)", close: true, now: now)
            return finish()
        }
        perform(.appendReceived(knownCommit: commit))
        log.last = contents.last
        for entry in contents.epochs { log.history.begin(entry.epoch, at: entry.firstIndex) }
        for placed in contents.memberRecords { log.noteMembers(placed.record, at: placed.index) }
        if mutations.contains(.acknowledgeBeforeFlush) { acknowledge() }
        raiseCommit(to: header.commit)
        return finish()
    }

    /// Whether these epochs go on growing from the log's own.
    private func extends(_ epochs: [EpochHistory.Entry]) -> Bool {
        var previous = log.history.entries.last
        for entry in epochs {
            if let previous, previous.epoch >= entry.epoch || previous.firstIndex >= entry.firstIndex { return false }
            previous = entry
        }
        return true
    }

    /// KEEPALIVE came. It is always answered, so that the primary hears of this node (rules 15, 17), but not at once:
    /// most only tell a commit index, and waking the primary for each would cost the next commit.
    public mutating func keepaliveReceived(_ keepalive: Keepalive, now: Moment) -> [Action] {
        guard hear(epoch: keepalive.epoch, on: keepalive.number, clock: keepalive.clock, now: now) else {
            return finish()
        }
        raiseCommit(to: keepalive.commit)
        considerWholeness()
        if case .following(var following) = upstream {
            following.owesAnswer = true
            upstream = .following(following)
        }
        return finish()
    }

    /// Answers what the primary has asked since the last acknowledgement.
    mutating func answerKeepalive() {
        if case .following(let following) = upstream, following.owesAnswer { acknowledge() }
    }

    /// Part of a message came on the outgoing connection: the primary lives, although nothing is whole yet.
    public mutating func upstreamHeard(_ number: ConnectionNumber, now: Moment) -> [Action] {
        if case .following(var following) = upstream, following.number == number {
            following.lastHeard = now
            // The primary's keepalives wait behind the records, and it wants a sign of life, too.
            following.owesAnswer = true
            upstream = .following(following)
        }
        return finish()
    }

    /// Whether a message counts: only on the current connection, in the promised epoch.
    private mutating func hear(epoch: Epoch, on number: ConnectionNumber, clock: UInt64, now: Moment) -> Bool {
        guard case .following(var following) = upstream, following.number == number, following.epoch == epoch,
            epoch == durable.promised || mutations.contains(.noFence)
        else { return false }
        pulse.heard(clock, in: epoch, now: now)
        following.lastHeard = now
        upstream = .following(following)
        return true
    }

    /// Believes a commit index of the current connection, as far as the log has been checked on it (rule 15).
    private mutating func raiseCommit(to announced: LogIndex) {
        if case .following(var following) = upstream {
            following.announced = max(following.announced, announced)
            upstream = .following(following)
        }
        commit = max(commit, min(announced, log.last))
        release()
    }

    /// Lets the database go on to what is committed and flushed here (rule 16).
    mutating func release() {
        if snapshotNeed == .databaseBehind { return }
        var through = min(commit, log.flushed)
        if mutations.contains(.applyUnflushed) || mutations.contains(.primaryWithoutFlush) { through = commit }
        if mutations.contains(.applyOnReceive), role == .replica { through = log.last }
        guard through > released, through > applied, let position = log.position(at: through) else { return }
        released = through
        perform(.commitAdvanced(to: position))
    }

    /// Tells the primary how far this node is.
    mutating func acknowledge() {
        guard case .following(var following) = upstream else { return }
        following.owesAnswer = false
        upstream = .following(following)
        let flushed = mutations.contains(.acknowledgeBeforeFlush) ? log.last : log.flushed
        perform(
            .sendUpstream(
                .acknowledgement(
                    Acknowledgement(
                        epoch: following.epoch, number: following.number, written: log.last, flushed: flushed,
                        applied: min(applied, log.flushed), whole: durable.whole, sound: database == .sound,
                        delayed: configuration.appliesDelayed)),
                on: following.number))
    }

    /// Becomes whole once it has flushed what was announced, and that belongs to the connection's epoch (rule 30).
    mutating func considerWholeness() {
        guard !durable.whole, case .following(let following) = upstream else { return }
        guard !configuration.cascades else { return considerLevelOfCascade(following) }
        if mutations.contains(.wholeTooEarly) {
            guard log.flushed >= commit, commit > .zero else { return }
        } else {
            guard following.announced > .zero, log.flushed >= following.announced,
                log.history.epoch(at: following.announced) == following.epoch
            else { return }
        }
        durable.whole = true
        persist()
        report(.becameWhole(following.announced))
    }

    /// Gives up a silent primary, and dials when it is time (rule 17).
    mutating func watchUpstream(now: Moment) {
        switch upstream {
        case .none: break
        case .waiting: break
        case .dialling(_, _, let since):
            if now - since >= configuration.silenceLimit { loseUpstream("no answer", close: true, now: now) }
        case .following(let following):
            if now - following.lastHeard >= configuration.silenceLimit {
                loseUpstream("silent for too long", close: true, now: now)
            }
        }
        redial(now: now)
    }
}
