/// What is known of the replicas, and who takes the next read-only transaction. Without I/O: it says what must be found
/// out first.
struct RoutingTable {

    struct Replica {
        /// What it said of itself last.
        var status: ServerStatus?
        /// When it was asked.
        var askedAt: Moment?
        /// Up to where it shows everything, as it said last or as somebody waited for last; nil while nothing is known.
        var position: CommitPosition?
        /// When it was there.
        var reachedAt: Moment?
        /// When it was last chosen for a transaction.
        var usedAt: Moment?
        /// Why it is left out, and until when it is not even asked; nil while it answers.
        var failure: Failure?
        /// Whether somebody is asking it at this moment.
        var isBeingAsked = false
    }

    struct Failure {
        var reason: String
        var since: Moment
        var retryAt: Moment
    }

    /// What a transaction asks for.
    struct Request {
        var position: CommitPosition?
        var maximumLag: Duration?
    }

    /// What to do for a transaction.
    enum Decision: Equatable {
        case use(replica: Int, RouteReason)
        /// Ask this replica for its status, then decide again.
        case ask(replica: Int)
        /// Let this replica wait until it has reached the position, then use it; the primary if it does not in time.
        case wait(replica: Int, CommitPosition)
        case usePrimary(RouteReason)
        /// Nobody may take it.
        case refuse(RouteReason)
    }

    private(set) var replicas: [Replica]
    let configuration: RoutingConfiguration
    /// Compares positions, as the data source does.
    private let isReached: @Sendable (_ wanted: CommitPosition, _ reached: CommitPosition) -> Bool?
    /// Where the search for the least busy one begins, so that equals take turns.
    private var turn = 0

    init(
        replicaCount: Int, configuration: RoutingConfiguration,
        isReached: @escaping @Sendable (CommitPosition, CommitPosition) -> Bool?
    ) {
        replicas = Array(repeating: Replica(), count: replicaCount)
        self.configuration = configuration
        self.isReached = isReached
    }

    /// Who takes a read-only transaction.
    ///
    /// - Parameters:
    ///   - busy: how many connections of each replica are in use.
    ///   - hasWaited: whether a replica was already waited for in vain.
    mutating func decide(_ request: Request, busy: [Int], hasWaited: Bool, now: Moment) -> Decision {
        if replicas.isEmpty { return fallBack(.noReplicas) }
        let alive = order(by: busy).filter { replicas[$0].failure == nil }
        guard !alive.isEmpty else { return fallBack(.replicasFailed) }
        let lag = [request.maximumLag, configuration.maximumLag].compactMap { $0 }.min()
        var isAnyFresh = false
        for replica in alive {
            switch isFresh(replica, lag, now: now) {
            case .unknown: return .ask(replica: replica)
            case .no: continue
            case .yes: isAnyFresh = true
            }
            guard let position = request.position else { return use(replica, .leastBusy, now) }
            if replicas[replica].position.flatMap({ isReached(position, $0) }) == true {
                return use(replica, .leastBusy, now)
            }
        }
        guard isAnyFresh, let position = request.position else {
            return fallBack(.replicasTooFarBehind(allowed: lag ?? .zero))
        }
        if hasWaited { return fallBack(.positionNotReached(position)) }
        let first = alive.first { isFresh($0, lag, now: now) == .yes }
        return first.map { .wait(replica: $0, position) } ?? fallBack(.positionNotReached(position))
    }

    private mutating func use(_ replica: Int, _ reason: RouteReason, _ now: Moment) -> Decision {
        turn = (replica + 1) % replicas.count
        replicas[replica].usedAt = now
        return .use(replica: replica, reason)
    }

    private func fallBack(_ reason: RouteReason) -> Decision {
        configuration.fallsBackToPrimary ? .usePrimary(reason) : .refuse(reason)
    }

    /// The replicas, the least busy first; among equals the one whose turn it is.
    private func order(by busy: [Int]) -> [Int] {
        let count = replicas.count
        return (0..<count).map { (turn + $0) % count }.enumerated()
            .sorted { (busy[$0.element], $0.offset) < (busy[$1.element], $1.offset) }.map(\.element)
    }

    private enum Answer { case yes, no, unknown }

    /// Whether a replica's state is at most so old. What it said ages: a state that was `lag` old is at most
    /// `lag + age` old now. One that was too old may have caught up since: it is asked again, at most every 100 ms.
    private func isFresh(_ replica: Int, _ allowed: Duration?, now: Moment) -> Answer {
        guard let allowed else { return .yes }
        guard let askedAt = replicas[replica].askedAt else { return .unknown }
        let age = askedAt.duration(to: now)
        guard let lag = replicas[replica].status?.lag else {
            // It cannot tell, as a replica whose replication stands still.
            return age < Self.minimumInterval ? .no : .unknown
        }
        if lag + age <= allowed { return .yes }
        return age < Self.minimumInterval ? .no : .unknown
    }

    private static let minimumInterval: Duration = .milliseconds(100)

    // MARK: What is learnt

    /// A replica has told its status.
    mutating func statusReceived(_ status: ServerStatus, from replica: Int, askedAt: Moment) {
        if let known = replicas[replica].askedAt, known > askedAt { return }
        replicas[replica].status = status
        replicas[replica].askedAt = askedAt
        replicas[replica].failure = nil
        // Whoever was asked before somebody saw it further on has nothing new to tell of that.
        if let reachedAt = replicas[replica].reachedAt, reachedAt > askedAt { return }
        guard let position = status.position else { return }
        replicas[replica].position = position
        replicas[replica].reachedAt = askedAt
    }

    /// A replica has reached a position it was waited for.
    mutating func positionReached(_ position: CommitPosition, by replica: Int, at now: Moment) {
        replicas[replica].usedAt = now
        if let known = replicas[replica].position, isReached(position, known) == true { return }
        replicas[replica].position = position
        replicas[replica].reachedAt = now
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
        replicas[replica].status = nil
        replicas[replica].askedAt = nil
        replicas[replica].position = nil
        replicas[replica].reachedAt = nil
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
