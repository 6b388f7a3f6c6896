extension RoutingTable {
    // MARK: Replicas

    /// A connection to a replica has been taken. What was found out about its server before it was made is forgotten.
    mutating func connected(_ connection: Connection) {
        replicas[connection.replica].server = connection.server
        let knowledge = replicas[connection.replica].servers[connection.server]
        replicas[connection.replica].servers[connection.server] = knowledge?.known(since: connection.connectedAt)
    }

    /// A replica has told its status.
    mutating func statusReceived(_ status: ServerStatus, on connection: Connection, askedAt: Moment) {
        replicas[connection.replica].failure = nil
        replicas[connection.replica].server = connection.server
        replicas[connection.replica].servers[connection.server, default: ServerKnowledge()]
            .statusReceived(status, askedAt: askedAt)
    }

    /// A replica has reached a position it was waited for, since `moment` at the latest.
    mutating func positionReached(_ position: CommitPosition, on connection: Connection, at moment: Moment) {
        replicas[connection.replica].usedAt = moment
        replicas[connection.replica].servers[connection.server, default: ServerKnowledge()]
            .positionReached(position, at: moment, connectedAt: connection.connectedAt, isReached)
    }

    /// How old the state was that a server shows, as it said last; nil where it was not asked or cannot tell.
    func lag(on connection: Connection) -> Duration? {
        replicas[connection.replica].servers[connection.server]?.lag
    }

    /// A replica did not answer: it is left out until it answers again.
    mutating func failed(_ replica: Int, reason: String, now: Moment) {
        leave(replica, reason: reason, now: now, retryAt: now + configuration.retryInterval)
    }

    /// A connection to a replica broke under a transaction. Others may break as well: it is left out until it answers,
    /// which it is asked at once.
    mutating func connectionBroke(to replica: Int, reason: String, now: Moment) {
        guard replicas[replica].failure == nil else { return }
        leave(replica, reason: reason, now: now, retryAt: now)
    }

    private mutating func leave(_ replica: Int, reason: String, now: Moment, retryAt: Moment) {
        let since = replicas[replica].failure?.since ?? now
        replicas[replica].failure = Failure(reason: reason, since: since, retryAt: retryAt)
        replicas[replica].servers = [:]
        replicas[replica].server = nil
    }

    /// The replicas that failed and are to be asked now whether they answer again. Each is named once, until
    /// ``retryEnded(_:)``.
    mutating func takeRetries(now: Moment) -> [Int] {
        let due = replicas.indices.filter { place in
            !replicas[place].isBeingAsked && replicas[place].failure.map { $0.retryAt <= now } ?? false
        }
        for place in due { replicas[place].isBeingAsked = true }
        return due
    }

    mutating func retryEnded(_ replica: Int) { replicas[replica].isBeingAsked = false }
}

// MARK: The primary

extension RoutingTable {
    /// Whether a connection to the primary need not be asked whether it leads to the primary still: it shows all that the
    /// transaction asks for, as far as is known.
    func primaryShows(_ search: Search, server: String, connectedAt: Moment, now: Moment) -> Bool {
        let knowledge = primaries[server]?.known(since: connectedAt) ?? ServerKnowledge()
        if let position = search.position, !knowledge.shows(position, isReached) { return false }
        guard let lag = search.maximumLag else { return true }
        return knowledge.askedAt.map { $0.duration(to: now) <= lag } ?? false
    }

    /// A server has said that it is the primary.
    mutating func primaryAnswered(_ status: ServerStatus, server: String, askedAt: Moment) {
        primaries[server, default: ServerKnowledge()].statusReceived(status, askedAt: askedAt)
    }

    /// A commit has been acknowledged by the primary.
    mutating func primaryCommitted(_ position: CommitPosition, server: String, connectedAt: Moment, now: Moment) {
        primaries[server, default: ServerKnowledge()]
            .positionReached(position, at: now, connectedAt: connectedAt, isReached)
    }
}
