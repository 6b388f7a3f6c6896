import TandemLog

/// The replication protocol of one node: docs/REPLICATION.md, rule by rule, without I/O, clock or randomness.
///
/// The machine never sees a record's contents. Its events are `mutating` methods named in the past tense; each
/// returns the ``Action``s that the node must now carry out, **in order, each finished before the next begins**, on
/// the one thread that owns the machine, before the next event is handed in. Whenever the thread has no more events
/// in hand it says so by ``drained(now:)``; what can be put off for the sake of batching (a replica's flush, a
/// primary's news of the commit index) happens then. ``ticked(now:)`` must come about every tenth of a second.
///
/// A node's life in short:
///
///     var machine = ReplicationMachine(configuration: …, durable: …, log: …, applied: …)
///     execute(machine.started(now: now))
///     while let event = next() { execute(machine.…(now: now)) }   // and drained(now:) when nothing is in hand
///
/// Invariants: `applied <= min(commit, flushed)`, `commit <= last`, `flushed <= last`, `reign <= promised`.
public struct ReplicationMachine: Sendable {
    public let configuration: Configuration
    /// What must be durable, as of the last ``Action/persist(_:)``.
    public internal(set) var durable: DurableState
    /// The node's own log, as it is when all actions so far have been carried out.
    public internal(set) var log: LogSummary
    public internal(set) var role: Role = .idle
    /// The highest index known to be committed; `commit <= log.last`.
    public internal(set) var commit: LogIndex
    /// The highest index the database holds; `applied <= commit`.
    public internal(set) var applied: LogIndex
    /// The reign of this node while its role is ``Role/primary``.
    var reign: Reign?
    /// Replicas that are or were connected in this reign.
    var followers: [NodeID: Follower] = [:]
    /// When what was appended in this reign.
    var appended = AppendMoments()
    /// Whose connection it is, for those accepted in this reign.
    var connections: [ConnectionID: NodeID] = [:]
    /// Cascades that are connected, apart from ``followers``: they count for nothing (rule 34).
    var relays: [ConnectionID: Relay] = [:]
    /// The last index that ``Action/relayFurther(through:)`` named.
    var relayed: LogIndex = .zero
    /// Whether there is a primary behind what is followed.
    var pulse = Pulse()
    /// Whether a cascade that is not whole has had what its upstream had, since it was started.
    var hasCaughtUp = false
    /// The way to the primary while the role is ``Role/replica``.
    var upstream = Upstream.none
    /// The questions in flight while the node starts, is surveyed for or stands for promotion.
    var election: Election?
    /// The last promotion that came to nothing, and when; nil once a primary is followed, or this node reigns.
    var failedPromotion: (failure: ReplicationReport.PromotionFailure, at: Moment)?

    /// The highest counter of an epoch ever heard of (rule 5).
    var highestCounter: UInt32
    /// Connections dialled since the node was started.
    var dialled: UInt32 = 0
    /// Which of the known addresses is dialled next.
    var nextAddress = 0
    /// Where somebody said the primary is: dialled first.
    var primaryHint: String?
    /// The last index that ``Action/commitAdvanced(to:)`` named.
    var released: LogIndex = .zero
    /// The commit index this node came up with: no reads before it is applied (rule 16). On a node that is delayed by
    /// choice: what of that is old enough (rule 39).
    var restartCommit: LogIndex
    /// The database's position as it was opened.
    let openedAt: Position?
    /// Until when this node holds the group's lease by its own clock; nil if it does not (rule 38).
    var leaseEnd: Moment?
    /// Why a snapshot is to take the place of the node's database, if so.
    public internal(set) var snapshotNeed: SnapshotNeed?
    /// Whether the rim was told to fetch one.
    var isFetching = false
    /// Whether it is fetched without a primary's word, so that it must not take the place of the log.
    var keepsLog = false
    /// What is known of the node's database.
    var database = DatabaseCondition.sound
    /// Why the node cannot follow or lead at the moment, if so.
    var problem: ReplicationProblem?
    /// The actions of the event at hand.
    var actions: [Action] = []
    /// Planted by tests only.
    package var mutations: Mutations = []

    /// A node that has been opened but not started.
    ///
    /// - Parameters:
    ///   - durable: what ``DurableState`` said when the node was opened.
    ///   - log: the log after its recovery.
    ///   - applied: the position stored in the database; nil if nothing has been applied yet.
    public init(configuration: Configuration, durable: DurableState, log: LogSummary, applied: Position?) {
        self.configuration = configuration
        self.durable = durable
        self.log = log
        self.openedAt = applied
        self.applied = applied?.index ?? .zero
        commit = max(min(log.knownCommit, log.last), applied?.index ?? .zero)
        restartCommit = commit
        snapshotNeed = Self.need(atOpening: log, applied: applied?.index ?? .zero, configuration: configuration)
        highestCounter = max(durable.promised?.counter ?? 0, log.history.lastEpoch?.counter ?? 0)
    }

    /// What may be asked of this node's database by a reader: committed states, not older than what it showed before
    /// it was restarted (rule 16).
    public var servesReads: Bool {
        if isUnfitForReads { return false }
        return switch role {
        case .idle: false
        case .primary: reign?.established == true || applied >= restartCommit
        case .replica, .starting, .candidate, .failed: applied >= restartCommit
        }
    }

    /// Whether writes may be executed: a primary whose epoch record is committed and applied (rule 12).
    public var servesWrites: Bool { role == .primary && reign?.ready == true }

    mutating func perform(_ action: Action) { actions.append(action) }
    mutating func report(_ event: ReplicationReport) { actions.append(.report(event)) }

    mutating func persist() { actions.append(.persist(durable)) }

    /// Hands out the event's actions.
    mutating func finish() -> [Action] {
        endOlderRelays()
        let result = actions
        actions = []
        return result
    }
}
