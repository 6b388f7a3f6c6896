import TandemLog

// What a replica does with what its primary sends: docs/REPLICATION.md, rules 15, 16 and 30.
extension ReplicationMachine {
    /// RECORDS came, put together from its frames and checked (rule 15).
    ///
    /// - Parameter contents: what the batch holds, as found in its bytes; must be what the header says.
    public mutating func recordsReceived(_ header: RecordsHeader, _ contents: ReceivedRecords, now: Moment) -> [Action]
    {
        guard hear(epoch: header.epoch, on: header.number, clock: header.clock, now: now) else { return finish() }
        let lastEpoch = contents.epochs.last?.epoch ?? log.history.lastEpoch
        let follows = contents.first == log.last.next || mutations.contains(.appendRepeated)
        guard contents.first == header.first, contents.last == header.last, follows, contents.first <= contents.last,
            lastEpoch.map({ $0 <= header.epoch }) ?? false
        else {
            loseUpstream("records \(header.first) to \(header.last) do not follow \(log.last)", close: true, now: now)
            return finish()
        }
        guard extends(contents.epochs) else {
            loseUpstream("epochs go back at record \(header.first)", close: true, now: now)
            return finish()
        }
        perform(.appendReceived(knownCommit: commit))
        log.last = max(log.last, contents.last)
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
    mutating func raiseCommit(to announced: LogIndex) {
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

    /// Becomes whole once it has flushed what was announced, and that belongs to the connection's epoch, and all that it
    /// acknowledged in this reign before: of that, more may be committed than is announced (rule 30).
    mutating func considerWholeness() {
        guard !durable.whole, case .following(let following) = upstream else { return }
        guard !configuration.cascades else { return considerLevelOfCascade(following) }
        if mutations.contains(.wholeTooEarly) {
            guard log.flushed >= commit, commit > .zero else { return }
        } else {
            guard following.announced > .zero, log.flushed >= following.announced,
                log.history.epoch(at: following.announced) == following.epoch,
                log.flushed >= following.acknowledgedBefore || mutations.contains(.wholeBelowAcknowledged)
            else { return }
        }
        durable.whole = true
        durable.forgotten = nil
        persist()
        report(.becameWhole(following.announced))
    }
}
