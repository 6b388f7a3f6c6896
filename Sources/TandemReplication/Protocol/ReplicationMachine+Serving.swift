import TandemLog

// A primary and its replicas' connections: docs/REPLICATION.md, rules 13, 15, 20, 25 and 31.
extension ReplicationMachine {
    /// CONNECT came (rule 13).
    public mutating func connectReceived(_ connect: Connect, from connection: ConnectionID, now: Moment) -> [Action] {
        guard !connect.cascades else {
            relayRequested(connect, from: connection, now: now)
            return finish()
        }
        recall(connect, now: now)
        if let refused = refusal(of: connect, now: now) {
            perform(.send(.refused(refused), to: connection))
            perform(.close(connection, reason: "refused"))
        } else if let reign {
            accept(connect, from: connection, in: reign, now: now)
        }
        return finish()
    }

    /// Learns from another node's log what was known to be committed before this node crashed: as far as both logs
    /// agree, what is committed there is committed here. Only a member is believed (rule 25).
    private mutating func recall(_ connect: Connect, now: Moment) {
        guard connect.group != nil, connect.group == durable.group, connect.commit > commit,
            isMember(connect.node)
        else { return }
        let common = log.history.commonIndex(last: log.last, with: connect.history, last: connect.last)
        commit = max(commit, min(connect.commit, common))
        release()
        if role == .primary { advanceCommit(now: now) } else { considerElection(now: now) }
    }

    /// A counter grows by one with each attempt to reign: who is further ahead than this has made it up, and would use up
    /// the counters.
    private static let maximumCounterLead: UInt32 = 1 << 20

    private mutating func refusal(of connect: Connect, now: Moment) -> Refused? {
        func refused(_ reason: Refused.Reason) -> Refused {
            Refused(reason: reason, promised: durable.promised, primary: addressToAsk)
        }
        guard connect.node != durable.node else { return refused(.sameNode) }
        guard connect.group == nil || connect.group == durable.group else { return refused(.otherGroup) }
        learn(connect.promised, from: connect.node, now: now)
        guard role == .primary, let reign else {
            return refused(role == .failed ? .failed : .notPrimary)
        }
        if let (common, committed) = committedBeyondLog(of: connect) {
            // Each of several tells it, again and again: one is said.
            if case .replicaKnowsMore? = problem { return refused(.lacksCommitted) }
            note(.replicaKnowsMore(common: common, committed: committed, address: connect.address))
            return refused(.lacksCommitted)
        }
        if let promised = connect.promised, promised > reign.epoch, !mutations.contains(.noFence) {
            guard promised.counter - reign.epoch.counter < Self.maximumCounterLead else {
                return refused(.notPrimary)
            }
            beginAgain(above: promised, now: now)
            return refused(.notPrimary)
        }
        if let follower = followers[connect.node], follower.connection != nil, follower.number > connect.number,
            !mutations.contains(.connectionsWithoutOrder)
        {
            return refused(.newerConnection)
        }
        return nil
    }

    /// What a replica knows to have been committed in a reign that this one goes on with, and this node's log does not have: it
    /// is an older copy of itself, of which the survey has told nothing (rule 6). The replica would give that up for it.
    private func committedBeyondLog(of connect: Connect) -> (common: LogIndex, committed: Position)? {
        guard let since = durable.continues, !mutations.contains(.acceptThoseAhead), connect.group == durable.group,
            let epoch = connect.history.epoch(at: connect.commit), epoch.node == durable.node, epoch >= since
        else { return nil }
        let common = log.history.commonIndex(last: log.last, with: connect.history, last: connect.last)
        return connect.commit > common ? (common, Position(epoch: epoch, index: connect.commit)) : nil
    }

    private mutating func accept(_ connect: Connect, from connection: ConnectionID, in reign: Reign, now: Moment) {
        guard let group = durable.group else { return }
        let earlier = followers[connect.node]
        if let replaced = earlier?.connection {
            connections[replaced] = nil
            perform(.close(replaced, reason: "replaced by a newer connection"))
        }
        let common = log.history.commonIndex(last: log.last, with: connect.history, last: connect.last)
        var follower = Follower(
            connection: connection, number: connect.number, address: connect.address, whole: connect.whole,
            toldCommit: announcedCommit, lastHeard: now, lastSent: now, since: now)
        follower.base = common
        follower.sent = common
        follower.highestAcknowledged =
            earlier?.highestAcknowledged ?? reign.acknowledgedByRemoved[connect.node] ?? .zero
        if mutations.contains(.acknowledgementsPerNode) { follower.acknowledged = earlier?.acknowledged ?? .zero }
        followers[connect.node] = follower
        connections[connection] = connect.node
        let accept = Accept(
            group: group, epoch: reign.epoch, number: connect.number, common: common, commit: announcedCommit,
            first: log.first, acknowledged: follower.highestAcknowledged)
        perform(.send(.accept(accept), to: connection))
        report(.replicaConnected(connect.node, address: connect.address, common: common))
        if common.next >= log.first { perform(.stream(to: connection, after: common)) }
    }

    /// The head of a batch that is about to be sent to a replica; notes that the commit index goes out with it.
    ///
    /// - Parameter clock: the wall clock, in microseconds since 1970.
    /// - Returns: nil if the connection is no longer streamed to.
    public mutating func recordsHeader(
        to connection: ConnectionID, first: LogIndex, last: LogIndex, clock: UInt64, now: Moment
    ) -> RecordsHeader? {
        guard let reign, let node = connections[connection], let follower = followers[node] else {
            return relayHeader(to: connection, first: first, last: last, clock: clock, now: now)
        }
        noteSent(to: node, now: now)
        followers[node]?.sent = max(follower.sent, last)
        return RecordsHeader(
            epoch: reign.epoch, number: follower.number, first: first, last: last, commit: announcedCommit,
            clock: clock)
    }

    /// ACK came from a replica (rules 15, 20).
    public mutating func acknowledgementReceived(
        _ acknowledgement: Acknowledgement, from connection: ConnectionID, now: Moment
    ) -> [Action] {
        relayAcknowledged(acknowledgement, from: connection, now: now)
        guard let reign, let node = connections[connection], var follower = followers[node],
            acknowledgement.epoch == reign.epoch
                && (acknowledgement.number == follower.number || mutations.contains(.acknowledgementsOfAnyNumber))
                || mutations.contains(.acknowledgementsOfAnyEpoch)
        else { return finish() }
        follower.lastHeard = now
        let flushed = min(acknowledgement.flushed, log.last)
        let before = follower
        follower.acknowledged = max(follower.acknowledged, flushed)
        follower.highestAcknowledged = max(follower.highestAcknowledged, flushed)
        follower.written = max(follower.written, min(acknowledgement.written, log.last))
        follower.applied = max(follower.applied, min(acknowledgement.applied, flushed))
        follower.whole = acknowledgement.whole
        follower.sound = acknowledgement.sound
        follower.delayed = acknowledgement.delayed
        measure(&follower, before, now: now)
        followers[node] = follower
        advanceCommit(now: now)
        considerHandOver(now: now)
        // Members change rarely; what is not urgent waits for the next tick.
        if !reign.ready || log.memberRecords.last?.record.contains(node) == false { considerMembers(now: now) }
        return finish()
    }

    /// How long what a replica has acknowledged just now took.
    func measure(_ follower: inout Follower, _ before: Follower, now: Moment) {
        follower.writeLag.moved(to: follower.written, from: before.written, appended, now: now)
        follower.flushLag.moved(to: follower.acknowledged, from: before.acknowledged, appended, now: now)
        follower.replayLag.moved(to: follower.applied, from: before.applied, appended, now: now)
    }

    /// A replica refused to go on: it has promised a higher epoch (rules 14, 25).
    public mutating func refusalReceived(_ refused: Refused, from connection: ConnectionID, now: Moment) -> [Action] {
        guard let node = connections[connection] else {
            relayRefused(refused, from: connection)
            return finish()
        }
        if !learn(refused.promised, from: node, now: now) {
            lose(connection, reason: "the replica refused: \(refused.reason)", now: now)
            perform(.close(connection, reason: "refused"))
        }
        return finish()
    }

    /// An incoming connection was closed by the other side, or failed.
    public mutating func connectionClosed(_ connection: ConnectionID, reason: String, now: Moment) -> [Action] {
        lose(connection, reason: reason, now: now)
        return finish()
    }

    /// What a replica needs cannot be read from this node's log. That is no reason to end the reign: what is appended and
    /// flushed now does not depend on it, nor do the other replicas.
    ///
    /// - Parameter isDamage: whether it will not be any better later; it stands in the status then.
    public mutating func streamFailed(
        _ connection: ConnectionID, reason: String, isDamage: Bool, now: Moment
    ) -> [Action] {
        guard connections[connection] != nil || relays[connection] != nil else { return finish() }
        if isDamage { note(.logUnreadable(reason)) }
        lose(connection, reason: reason, now: now)
        let refused = Refused(reason: .logUnreadable, promised: durable.promised, primary: addressToAsk)
        perform(.send(.refused(refused), to: connection))
        perform(.close(connection, reason: reason))
        return finish()
    }

    mutating func lose(_ connection: ConnectionID, reason: String, now: Moment) {
        guard let node = connections.removeValue(forKey: connection) else {
            return loseRelay(connection, reason: reason)
        }
        followers[node]?.connection = nil
        followers[node]?.since = now
        if !mutations.contains(.acknowledgementsPerNode) { followers[node]?.acknowledged = .zero }
        report(.replicaLost(node, reason: reason))
    }
}
