import TandemLog

// What a primary says unasked, to replicas and to members that are not connected: docs/REPLICATION.md, rules 17 and 21.
extension ReplicationMachine {
    /// What replicas are told: what is committed and in this node's own database, so that they never show a state
    /// the primary has not had (rule 21).
    var announcedCommit: LogIndex { min(commit, applied) }

    /// Speaks to idle replicas and gives up silent ones (rule 17).
    mutating func watchFollowers(now: Moment) {
        for (connection, node) in connections.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            guard let follower = followers[node] else { continue }
            if now - follower.lastHeard >= configuration.silenceLimit {
                lose(connection, reason: "silent for too long", now: now)
                perform(.close(connection, reason: "silent for too long"))
            } else if now - follower.lastSent >= configuration.keepaliveInterval {
                sendKeepalive(to: connection, of: node, now: now)
            }
        }
    }

    /// Tells replicas a commit index they have not been told with records (rule 21).
    mutating func announceCommit(now: Moment) {
        let announced = announcedCommit
        for (connection, node) in connections {
            guard let follower = followers[node], follower.toldCommit < announced else { continue }
            sendKeepalive(to: connection, of: node, now: now)
        }
    }

    /// Whether there is a commit that a connected replica has not been told of, although it may not have been applied here
    /// yet (``announceCommit(now:)``).
    var hasNews: Bool {
        hasNewsForRelays || connections.values.contains { followers[$0].map { $0.toldCommit < commit } ?? false }
    }

    /// Tells members that are not connected that this node reigns: a former primary is dialled by nobody else (H17).
    mutating func announceReign(now: Moment) {
        guard let reign, let group = durable.group, now - reign.announced >= configuration.questionTimeout else {
            return
        }
        self.reign?.announced = now
        let request = PromiseRequest(
            kind: .announcement, group: group, node: durable.node, address: configuration.address,
            epoch: reign.epoch, survey: false)
        for member in otherMembers()
        where followers[member.node]?.connection == nil && member.address != configuration.address {
            perform(.ask(member, request))
        }
    }

    mutating func noteSent(to node: NodeID, now: Moment) {
        let announced = announcedCommit
        followers[node]?.lastSent = now
        followers[node]?.toldCommit = announced
    }

    private mutating func sendKeepalive(to connection: ConnectionID, of node: NodeID, now: Moment) {
        guard let reign, let number = followers[node]?.number else { return }
        noteSent(to: node, now: now)
        let keepalive = Keepalive(epoch: reign.epoch, number: number, last: log.last, commit: announcedCommit)
        perform(.send(.keepalive(keepalive), to: connection))
    }
}
