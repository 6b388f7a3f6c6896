import TandemLog

// The connection of a replica to its primary, until it is accepted and when it is lost: docs/REPLICATION.md, rules 13
// and 17.
extension ReplicationMachine {
    /// Becomes a replica that dials as soon as time passes.
    mutating func follow(now: Moment) {
        role = .replica
        upstream = .waiting(until: now)
        nextAddress = 0
        redial(now: now)
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

    /// The address the node was given first, then those of the members, but not its own: a member may have had that which
    /// this node took the place of. A cascade knows one address.
    private func knownAddresses() -> [String] {
        var result: [String] = []
        if case .replica(let primary?) = configuration.role { result.append(primary) }
        if configuration.cascades { return result }
        for member in otherMembers()
        where member.address != configuration.address && !result.contains(member.address) {
            result.append(member.address)
        }
        return result
    }

    /// REFUSED came on the outgoing connection, which the rim closes itself once this has been handed in.
    public mutating func refused(_ refused: Refused, on number: ConnectionNumber, now: Moment) -> [Action] {
        guard isCurrent(number) else { return finish() }
        note(counterOf: refused.promised)
        switch upstream {
        case .dialling(_, let address, _):
            report(.refused(refused, address: address))
            if refused.reason == .otherGroup { note(.otherGroup(address: address)) }
            if let promised = refused.promised, refused.reason != .otherGroup, hasForgotten(promised) {
                loseMemory(of: promised, now: now)
            } else if refused.reason == .sameNode {
                note(.sameNode)
            }
        case .none, .waiting, .following: break
        }
        primaryHint = refused.primary
        loseUpstream("refused: \(waitForEpoch(refused) ?? refused.reason.description)", close: true, now: now)
        return finish()
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

    mutating func closeUpstream(reason: String) {
        switch upstream {
        case .none, .waiting: break
        case .dialling(let number, _, _): perform(.closeUpstream(number, reason: reason))
        case .following(let following): perform(.closeUpstream(following.number, reason: reason))
        }
        if role == .replica { upstream = .waiting(until: .zero) }
    }

    mutating func loseUpstream(_ reason: String, close: Bool, wait: Duration? = nil, now: Moment) {
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
}
