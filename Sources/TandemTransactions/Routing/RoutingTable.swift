/// What is known of the replicas, and who takes the next read-only transaction. Without I/O: it says what must be found
/// out first.
struct RoutingTable {

    struct Replica {
        /// What is known of the servers that connections to it have led to, by their names: its data source may name several.
        var servers: [String: ServerKnowledge] = [:]
        /// Where the last connection to it led to, and so most likely the next.
        var server: String?
        /// When it was last chosen for a transaction.
        var usedAt: Moment?
        /// When it was last asked for its lag for those who watch.
        var watchedAt: Moment?
        /// Why it is left out, and until when it is not even asked; nil while it answers.
        var failure: Failure?
        /// Whether somebody is asking it at this moment.
        var isBeingAsked = false

        /// What is known of the server that the next connection leads to, most likely.
        var knowledge: ServerKnowledge { server.flatMap { servers[$0] } ?? ServerKnowledge() }
    }

    struct Failure {
        var reason: String
        var since: Moment
        var retryAt: Moment
    }

    /// A connection to one of a replica's servers.
    struct Connection {
        let replica: Int
        let server: String
        /// When it was made.
        let connectedAt: Moment
    }

    /// A transaction's search for a server: what it asks for, and what has been found out in it.
    struct Search {
        var position: CommitPosition?
        var maximumLag: Duration?
        /// The connection that it has taken to see whether it will do.
        var connection: Connection?
        /// The replicas that have told their status in it, and are not asked again.
        var asked: Set<Int> = []
        /// How long replicas were waited for, in vain or not; nil while none was.
        var wait: Duration?
    }

    /// What to do for a transaction.
    enum Decision: Equatable {
        /// Take a connection to this replica. Which of its servers it leads to shows only then: decide again if the
        /// transaction asks for anything.
        case use(replica: Int, RouteReason)
        /// Ask this replica for its status, on the connection that the search has to it, then decide again.
        case ask(replica: Int)
        /// Let this replica wait until it has reached the position, on the connection that the search has to it, then use
        /// it; the primary if it does not in time.
        case wait(replica: Int, CommitPosition)
        case usePrimary(RouteReason)
        /// Nobody may take it.
        case refuse(RouteReason)
    }

    var replicas: [Replica]
    /// What is known of the servers that connections to the primary have led to, by their names.
    var primaries: [String: ServerKnowledge] = [:]
    let configuration: RoutingConfiguration
    /// How often replicas are asked for their lag for those who watch; nil where nobody does.
    private let watchInterval: Duration?
    /// Compares positions, as the data source does.
    let isReached: ServerKnowledge.Comparison
    /// Where the search for the least busy one begins, so that equals take turns.
    private var turn = 0

    init(
        replicaCount: Int, configuration: RoutingConfiguration, watchInterval: Duration? = nil,
        isReached: @escaping ServerKnowledge.Comparison
    ) {
        replicas = Array(repeating: Replica(), count: replicaCount)
        self.configuration = configuration
        self.watchInterval = watchInterval
        self.isReached = isReached
    }

    /// Who takes a read-only transaction.
    ///
    /// - Parameter busy: how many connections of each replica are in use, that of the search left out.
    mutating func decide(_ search: Search, busy: [Int], now: Moment) -> Decision {
        if replicas.isEmpty { return fallBack(.noReplicas) }
        let alive = order(by: busy, search.connection?.replica).filter { replicas[$0].failure == nil }
        guard !alive.isEmpty else { return fallBack(.replicasFailed) }
        if let position = search.position, position.isUnknown { return fallBack(.positionNotReached(position)) }
        let lag = allowedLag(of: search)
        var firstFresh: Int?
        for replica in alive {
            let knowledge = knowledge(of: replica, in: search)
            switch isFresh(replica, knowledge, lag, in: search, now: now) {
            case .unknown:
                if search.connection?.replica == replica { replicas[replica].watchedAt = now }
                return .ask(replica: replica)
            case .no: continue
            case .yes: firstFresh = firstFresh ?? replica
            }
            guard let position = search.position else { return use(replica, .leastBusy, now) }
            if knowledge.shows(position, isReached) { return use(replica, .leastBusy, now) }
        }
        guard let firstFresh, let position = search.position else {
            return fallBack(.replicasTooFarBehind(allowed: lag ?? .zero))
        }
        if search.wait != nil { return fallBack(.positionNotReached(position)) }
        return .wait(replica: firstFresh, position)
    }

    /// Whether any connection to a replica will do.
    func asksForNothing(_ search: Search) -> Bool {
        search.position == nil && allowedLag(of: search) == nil && watchInterval == nil
    }

    private func allowedLag(of search: Search) -> Duration? {
        [search.maximumLag, configuration.maximumLag].compactMap { $0 }.min()
    }

    private func knowledge(of replica: Int, in search: Search) -> ServerKnowledge {
        guard let connection = search.connection, connection.replica == replica else {
            return replicas[replica].knowledge
        }
        return replicas[replica].servers[connection.server]?.known(since: connection.connectedAt) ?? ServerKnowledge()
    }

    private mutating func use(_ replica: Int, _ reason: RouteReason, _ now: Moment) -> Decision {
        turn = (replica + 1) % replicas.count
        replicas[replica].usedAt = now
        return .use(replica: replica, reason)
    }

    private func fallBack(_ reason: RouteReason) -> Decision {
        configuration.fallsBackToPrimary ? .usePrimary(reason) : .refuse(reason)
    }

    /// The replicas, `first` before all others, then the least busy; among equals the one whose turn it is.
    private func order(by busy: [Int], _ first: Int?) -> [Int] {
        let count = replicas.count
        if count == 1 { return [0] }
        let order = (0..<count).map { (turn + $0) % count }.enumerated()
            .sorted { (busy[$0.element], $0.offset) < (busy[$1.element], $1.offset) }.map(\.element)
        guard let first else { return order }
        return [first] + order.filter { $0 != first }
    }

    private enum Answer { case yes, no, unknown }

    /// Whether a replica's state is at most so old. What it said ages: a state that was `lag` old is at most
    /// `lag + age` old now. One that was too old may have caught up since: it is asked again, at most every 100 ms.
    private func isFresh(
        _ replica: Int, _ knowledge: ServerKnowledge, _ allowed: Duration?, in search: Search, now: Moment
    ) -> Answer {
        let canBeAsked = !search.asked.contains(replica)
        guard let allowed else { return canBeAsked && isWatched(replica, knowledge, now: now) ? .unknown : .yes }
        guard let askedAt = knowledge.askedAt else { return canBeAsked ? .unknown : .no }
        let age = askedAt.duration(to: now)
        // One that cannot tell is as one whose replication stands still.
        if let lag = knowledge.lag, lag + age <= allowed { return .yes }
        return age < Self.minimumInterval || !canBeAsked ? .no : .unknown
    }

    /// Whether it is time to ask a replica for those who watch.
    private func isWatched(_ replica: Int, _ knowledge: ServerKnowledge, now: Moment) -> Bool {
        guard let watchInterval else { return false }
        return [knowledge.askedAt, replicas[replica].watchedAt].allSatisfy { asked in
            asked.map { $0.duration(to: now) >= watchInterval } ?? true
        }
    }

    private static let minimumInterval: Duration = .milliseconds(100)
}
