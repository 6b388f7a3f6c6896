/// What is known of one server: how old its state was when it was asked, and up to where it shows everything.
struct ServerKnowledge: Sendable {
    /// Whether a server that stands at `reached` shows everything up to `wanted`; nil where the two cannot be compared.
    typealias Comparison = @Sendable (_ wanted: CommitPosition, _ reached: CommitPosition) -> Bool?

    /// How old its state was, as it said last; nil where it was not asked or cannot tell.
    private(set) var lag: Duration?
    /// When it was asked.
    private(set) var askedAt: Moment?
    /// Up to where it shows everything, as it said last or as somebody waited for last; nil while nothing is known.
    private(set) var position: CommitPosition?
    /// When it was there.
    private(set) var reachedAt: Moment?

    /// Whether it shows everything up to `wanted`, as far as is known.
    func shows(_ wanted: CommitPosition, _ isReached: Comparison) -> Bool {
        position.flatMap { isReached(wanted, $0) } ?? false
    }

    /// What is known for a connection that was made at `connectedAt`: what was found out before need not hold for it. The
    /// server may have been started again in between, and then a replica may show less.
    func known(since connectedAt: Moment) -> ServerKnowledge {
        var knowledge = self
        if let askedAt, askedAt < connectedAt { (knowledge.lag, knowledge.askedAt) = (nil, nil) }
        if let reachedAt, reachedAt < connectedAt { (knowledge.position, knowledge.reachedAt) = (nil, nil) }
        return knowledge
    }

    /// It has told its status, for which it was asked at `askedAt`.
    mutating func statusReceived(_ status: ServerStatus, askedAt: Moment) {
        if let known = self.askedAt, known > askedAt { return }
        lag = status.lag
        self.askedAt = askedAt
        // Whoever was asked before somebody saw it further on has nothing new to tell of that.
        if let reachedAt, reachedAt > askedAt { return }
        guard let position = status.position else { return }
        self.position = position
        reachedAt = askedAt
    }

    /// It has been seen to show everything up to `position`, on a connection that was made at `connectedAt`.
    mutating func positionReached(
        _ position: CommitPosition, at moment: Moment, connectedAt: Moment, _ isReached: Comparison
    ) {
        if known(since: connectedAt).shows(position, isReached) {
            reachedAt = max(reachedAt ?? moment, moment)
        } else {
            self.position = position
            reachedAt = moment
        }
    }
}
