import TandemLog

// Cascades: nodes that are no members, and get from this one what is committed (docs/REPLICATION.md, rule 34).
extension ReplicationMachine {
    /// Up to where records are relayed: committed, and flushed here, lest a crash takes from this node what a cascade has
    /// got from it.
    var relayEnd: LogIndex {
        if mutations.contains(.relayUncommitted) { return log.last }
        let committed = role == .primary ? announcedCommit : commit
        return mutations.contains(.relayUnflushed) ? committed : min(committed, log.flushed)
    }

    /// Up to where the streams of cascades go.
    private var relayedThrough: LogIndex { mutations.contains(.countRelays) ? log.last : relayEnd }

    /// CONNECT of a cascade came. Whatever it has promised moves no reign.
    mutating func relayRequested(_ connect: Connect, from connection: ConnectionID, now: Moment) {
        if let reason = obstacleToRelaying(connect, now: now) {
            let refused = Refused(reason: reason, promised: durable.promised, primary: addressToAsk)
            perform(.send(.refused(refused), to: connection))
            perform(.close(connection, reason: "refused"))
        } else if let group = durable.group, let epoch = currentEpoch {
            relay(connect, to: connection, group: group, epoch: epoch, now: now)
        }
    }

    private func obstacleToRelaying(_ connect: Connect, now: Moment) -> Refused.Reason? {
        guard connect.node != durable.node else { return .sameNode }
        guard connect.group == nil || connect.group == durable.group else { return .otherGroup }
        guard role != .failed else { return .failed }
        guard !isMember(connect.node) else { return .member }
        guard let epoch = currentEpoch, hearsPrimary(of: epoch, now: now) else { return .followsNobody }
        if let promised = connect.promised, promised > epoch { return .behind }
        if relays.values.contains(where: { $0.node == connect.node && $0.progress.number > connect.number }) {
            return .newerConnection
        }
        return isAhead(connect) ? .behind : nil
    }

    /// Whether a cascade has records that this node may not relay yet, and nothing shows that they are not the group's.
    /// Then it waits. Where this node has another record committed in the place of one of them, it has to cut them (rule 14).
    private func isAhead(_ connect: Connect) -> Bool {
        guard connect.last > relayEnd, !mutations.contains(.relayToThoseAhead) else { return false }
        return common(with: connect) >= relayEnd
    }

    private func common(with connect: Connect) -> LogIndex {
        log.history.commonIndex(last: log.last, with: connect.history, last: connect.last)
    }

    /// Whether this node leads the reign of `epoch`, or has heard of its primary within the limit of silence.
    private func hearsPrimary(of epoch: Epoch, now: Moment) -> Bool {
        role == .primary || pulse.isFresh(in: epoch, within: configuration.silenceLimit, now: now)
    }

    private mutating func relay(
        _ connect: Connect, to connection: ConnectionID, group: GroupID, epoch: Epoch, now: Moment
    ) {
        for (earlier, relay) in relays where relay.node == connect.node {
            relays[earlier] = nil
            perform(.close(earlier, reason: "replaced by a newer connection"))
        }
        if relays.isEmpty { relayed = relayedThrough } else { relayFurther() }
        let common = min(common(with: connect), relayEnd)
        var progress = Follower(
            connection: connection, number: connect.number, address: connect.address, whole: connect.whole,
            toldCommit: relayEnd, lastHeard: now, lastSent: now, since: now)
        progress.base = common
        progress.sent = common
        relays[connection] = Relay(node: connect.node, epoch: epoch, progress: progress)
        let accept = Accept(
            group: group, epoch: epoch, number: connect.number, common: common, commit: relayEnd, first: log.first,
            acknowledged: .zero)
        perform(.send(.accept(accept), to: connection))
        report(.cascadeConnected(connect.node, address: connect.address, common: common))
        if common.next >= log.first { perform(.relay(to: connection, after: common, through: relayed)) }
    }

    /// Lets the streams of cascades go on to what is committed by now.
    mutating func relayFurther() {
        guard !relays.isEmpty, relayedThrough > relayed else { return }
        relayed = relayedThrough
        perform(.relayFurther(through: relayed))
    }

    /// Whether there is a commit that cascades have not got, although it may not be applied or flushed here yet.
    var hasNewsForRelays: Bool { !relays.isEmpty && relayed < commit }

    /// The head of a batch for a cascade.
    mutating func relayHeader(
        to connection: ConnectionID, first: LogIndex, last: LogIndex, clock: UInt64, now: Moment
    ) -> RecordsHeader? {
        guard var relay = relays[connection] else { return nil }
        relay.toldClock = role == .primary ? clock : pulse.clock
        relay.progress.lastSent = now
        relay.progress.sent = max(relay.progress.sent, last)
        relay.progress.toldCommit = relayEnd
        relays[connection] = relay
        return RecordsHeader(
            epoch: relay.epoch, number: relay.progress.number, first: first, last: last, commit: relayEnd,
            clock: relay.toldClock)
    }

    /// ACK came from a cascade: nobody waits for it.
    mutating func relayAcknowledged(
        _ acknowledgement: Acknowledgement, from connection: ConnectionID, now: Moment
    ) {
        guard let relay = relays[connection], acknowledgement.epoch == relay.epoch,
            acknowledgement.number == relay.progress.number
        else { return }
        let before = relay.progress
        var progress = before
        progress.lastHeard = now
        progress.acknowledged = max(before.acknowledged, min(acknowledgement.flushed, log.last))
        progress.written = max(before.written, min(acknowledgement.written, log.last))
        progress.applied = max(before.applied, min(acknowledgement.applied, progress.acknowledged))
        progress.whole = acknowledgement.whole
        progress.sound = acknowledgement.sound
        measure(&progress, before, now: now)
        relays[connection]?.progress = progress
        if mutations.contains(.countRelays) { advanceCommit(now: now) }
    }

    /// A cascade does not go on.
    mutating func relayRefused(_ refused: Refused, from connection: ConnectionID) {
        guard relays[connection] != nil else { return }
        loseRelay(connection, reason: "the cascade refused: \(refused.reason)")
        perform(.close(connection, reason: "refused"))
    }

    mutating func loseRelay(_ connection: ConnectionID, reason: String) {
        guard let relay = relays.removeValue(forKey: connection) else { return }
        report(.replicaLost(relay.node, reason: reason))
    }

    /// Speaks to idle cascades as long as there is news of the primary, and gives up silent ones (rule 17): so what is told
    /// to be a reign's state is not older than the limit of silence, at whatever distance from its primary.
    mutating func watchRelays(now: Moment) {
        relayFurther()
        for (connection, relay) in relays.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            if isMember(relay.node) {
                refuse(connection, .member, "it is a member now")
            } else if now - relay.progress.lastHeard >= configuration.silenceLimit {
                loseRelay(connection, reason: "silent for too long")
                perform(.close(connection, reason: "silent for too long"))
            } else if now - relay.progress.lastSent >= configuration.keepaliveInterval,
                role == .primary || pulse.clock > relay.toldClock
            {
                sendKeepalive(toRelay: connection, relay, now: now)
            }
        }
    }

    private mutating func sendKeepalive(toRelay connection: ConnectionID, _ relay: Relay, now: Moment) {
        let (end, clock) = (relayEnd, role == .primary ? 0 : pulse.clock)
        var told = relay
        told.toldClock = clock
        told.progress.lastSent = now
        told.progress.toldCommit = end
        relays[connection] = told
        let keepalive = Keepalive(
            epoch: relay.epoch, number: relay.progress.number, last: end, commit: end, clock: clock)
        perform(.send(.keepalive(keepalive), to: connection))
    }

    private mutating func refuse(_ connection: ConnectionID, _ reason: Refused.Reason, _ words: String) {
        loseRelay(connection, reason: words)
        let refused = Refused(reason: reason, promised: durable.promised, primary: addressToAsk)
        perform(.send(.refused(refused), to: connection))
        perform(.close(connection, reason: words))
    }

    /// Cascades connect anew when the reign that this node leads or follows is another one, and when this node leaves its
    /// own. Who has lost its primary and may find it again keeps them.
    mutating func endOlderRelays() {
        guard let epoch = relays.values.first?.epoch, !goesOn(epoch) else { return }
        for connection in relays.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            refuse(connection, .followsNobody, "another reign")
        }
    }

    private func goesOn(_ epoch: Epoch) -> Bool {
        switch role {
        case .primary: return reign?.epoch == epoch
        case .replica:
            if case .following(let following) = upstream { return following.epoch == epoch }
            return epoch.node != durable.node
        case .idle, .starting, .candidate, .failed: return false
        }
    }
}
