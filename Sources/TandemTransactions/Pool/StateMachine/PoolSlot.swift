/// One place of a pool: room for one connection.
struct PoolSlot<Connection: Sendable>: Sendable {
    /// Grows each time the place becomes free, so that what comes late from a connection before is told apart.
    var generation: UInt32 = 0
    var state = PoolSlotState.free
    /// nil exactly while `free` or `connecting`.
    var connection: Connection?
    /// When it was made.
    var connectedAt: Moment
    /// From then on it is closed as soon as it is not in use; nil: never.
    var retiresAt: Moment?
    /// How long it may be idle without being asked whether it is alive.
    var keepAliveInterval: Duration?
    /// When it last was known to be alive.
    var lastAlive: Moment
    /// When it was last asked whether it is alive.
    var askedAt: Moment
    /// When it last was in use. `idleSince <= lastAlive`.
    var idleSince: Moment
    /// It is closed as soon as it is not in use.
    var isEvicted = false
    /// How many requests in the queue come from the holder of the lease. 0 unless `leased`.
    var askers = 0

    /// Whether it must not be used again.
    @inline(__always) func isRetired(at now: Moment) -> Bool {
        if isEvicted { return true }
        guard let retiresAt else { return false }
        return retiresAt <= now
    }
}

/// Names one connection of a pool: a place, and who is in it.
struct PoolSlotID: Sendable, Hashable {
    let index: Int32
    let generation: UInt32
}

/// Names one request in the queue. Grows: an earlier request has the smaller number.
struct PoolWaiterID: Sendable, Hashable, Comparable {
    let number: UInt64

    static func < (first: Self, second: Self) -> Bool { first.number < second.number }
}
