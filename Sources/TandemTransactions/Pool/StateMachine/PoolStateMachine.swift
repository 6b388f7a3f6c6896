import DequeModule

/// What a connection pool decides: which request gets which connection, and which connections are made, checked and
/// closed. It has no clock, no tasks and no connections of its own: moments and events come in, actions go out.
///
/// Invariants, `counts` being the places by state:
/// - `counts.sum == configuration.maximumSize`: there are never more connections than that.
/// - `idle` holds exactly the places in state `idle`, ordered by `idleSince`; the last is used first, so that the others
///   can age and go.
/// - While the queue is not empty, an idle connection exists only if `counts.validating >= queue.count`: it is not known
///   to be alive, and enough others are being asked already.
/// - The queue is ordered by id. A connection that becomes ready goes to its first request.
/// - `heldByWaiters` is the number of leased places whose holder waits for another. It is below
///   `configuration.maximumSize`, or the requests would wait for each other.
/// - `alarm` is not later than the next moment at which something is due.
struct PoolStateMachine<Connection: Sendable>: Sendable {
    typealias Slot = PoolSlot<Connection>

    /// What is to be done outside of the machine.
    enum Action: Sendable {
        /// Connect, and tell ``connected(_:_:at:)`` or ``connectFailed(_:_:at:)``.
        case connect(PoolSlotID, deadline: Moment)
        /// Ask whether it is alive, and tell ``checked(_:_:isUsable:at:)``.
        case validate(PoolSlotID, Connection, deadline: Moment)
        /// Reset it, and tell ``checked(_:_:isUsable:at:)``.
        case reset(PoolSlotID, Connection)
        /// Close it, and tell ``closed(_:at:)``.
        case close(PoolSlotID, Connection, PoolCloseReason)
        /// Stop what is being done there; nothing is waited for.
        case abandon(PoolSlotID)
        case grant(PoolWaiterID, Lease)
        case fail(PoolWaiterID, PoolRequestFailure)
        /// The connection has been in use for longer than `leakDetectionThreshold`.
        case reportLeak(Acquirer, Duration)
        /// One that was reported as leaked has been returned.
        case reportLeakReturned(Acquirer, Duration)
        /// The first of perhaps many attempts to connect that failed.
        case reportUnreachable(any Error)
        case reportReachable
        /// What was returned is not leased, or not any more.
        case reportUnknownLease(LeaseID)
        /// Shutting down: nothing is left but what is still in use after the time that was given for it. That is closed
        /// when it is returned.
        case drained(leased: Int)
    }

    /// A connection for its holder.
    struct Lease: Sendable {
        let id: LeaseID
        let connection: Connection
        /// When the connection was made.
        let connectedAt: Moment
        let acquiredAt: Moment
    }

    /// Where the pool is in its life.
    enum Phase: Sendable {
        /// Connections are made on demand. Goes to `running` or `draining`.
        case lazy
        /// `minimumIdle` connections are kept ready. Goes to `draining`.
        case running
        /// Whoever waits or holds a connection is served to its end; others are refused. Goes to `closed`.
        case draining(until: Moment)
        /// Nothing is served. What is still in use is closed when it is returned.
        case closed
    }

    /// A request in the queue.
    struct Waiter: Sendable {
        let id: PoolWaiterID
        let request: PoolRequest
    }

    let configuration: PoolConfiguration
    /// For people.
    let name: String
    /// The pool's number in its process, a part of its leases' ids.
    let number: UInt32
    var phase = Phase.lazy
    var slots: [Slot]
    var counts: PoolSlotCounts
    var idle: [Int] = []
    var queue: Deque<Waiter> = []
    var heldByWaiters = 0
    /// Whether `drained` has been said.
    var isDrained = false
    /// Whether there ever was a connection.
    var hasConnected = false
    /// When a connection was found broken. Those that were last known to be alive before are asked before they are used,
    /// since what broke one is likely to have broken others.
    var doubtedAt: Moment?
    /// When a connection last was made, or said that it is alive, or came back as it was taken; nil before the first.
    var answeredAt: Moment?
    var backoff: PoolBackoff
    var random: SplitMix64
    private(set) var alarm: Moment?
    private var leases: UInt64 = 0

    init(configuration: PoolConfiguration, name: String, number: UInt32, seed: UInt64, now: Moment) {
        self.configuration = configuration
        self.name = name
        self.number = number
        slots = Array(
            repeating: Slot(connectedAt: now, lastAlive: now, askedAt: now, idleSince: now),
            count: configuration.maximumSize)
        counts = PoolSlotCounts(free: configuration.maximumSize)
        backoff = PoolBackoff(maximum: configuration.maximumBackoff)
        random = SplitMix64(seed: seed)
    }

    // MARK: What the events have in common

    func id(of index: Int) -> PoolSlotID {
        PoolSlotID(index: Int32(index), generation: slots[index].generation)
    }

    /// The place that `id` names; nil if another connection is in it by now.
    func place(of id: PoolSlotID) -> Int? {
        let index = Int(id.index)
        return slots[index].generation == id.generation ? index : nil
    }

    /// The place of a lease; nil if it has been returned, or is of another pool.
    func place(of lease: LeaseID) -> Int? {
        let index = Int(lease.slot)
        guard lease.pool == number, slots.indices.contains(index), slots[index].state.leaseNumber == lease.number else {
            return nil
        }
        return index
    }

    mutating func move(_ index: Int, to state: PoolSlotState) {
        counts.add(-1, to: slots[index].state.kind)
        counts.add(1, to: state.kind)
        slots[index].state = state
    }

    /// Makes the place free. What is still being done for it will be told apart by the generation.
    mutating func free(_ index: Int) {
        move(index, to: .free)
        slots[index].generation &+= 1
        slots[index].connection = nil
        slots[index].isEvicted = false
    }

    mutating func lease(_ index: Int, _ connection: Connection, to acquirer: Acquirer, at now: Moment) -> Lease {
        leases += 1
        move(index, to: .leased(PoolSlotState.LeaseRecord(number: leases, acquirer: acquirer, since: now)))
        if let threshold = configuration.leakDetectionThreshold { wake(at: now + threshold) }
        let id = LeaseID(pool: number, slot: Int32(index), number: leases)
        return Lease(id: id, connection: connection, connectedAt: slots[index].connectedAt, acquiredAt: now)
    }

    /// Sees to it that ``timePassed(at:)`` is called at `moment`.
    mutating func wake(at moment: Moment) {
        if let alarm, alarm <= moment { return }
        alarm = moment
    }

    /// Sets the alarm anew, for when everything that was due has been done.
    mutating func setAlarm(_ moment: Moment?) { alarm = moment }

    /// How many idle connections are kept ready.
    var minimumIdle: Int {
        switch phase {
        case .running: configuration.minimumIdle
        case .lazy, .draining, .closed: 0
        }
    }

    /// How long the driver gets beyond its deadline before it is given up.
    static var tolerance: Duration { .seconds(1) }
}
