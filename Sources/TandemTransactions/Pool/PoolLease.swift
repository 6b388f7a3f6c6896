import Synchronization

/// A connection that is out of its pool, for its holder alone until it is released.
final class PoolLease: ConnectionLease {
    private let lease: PoolDriver.Machine.Lease
    private let pool: PoolDriver
    private let isReleased = Atomic(false)

    var id: LeaseID { lease.id }
    var connection: any DataSourceConnection { lease.connection }
    var connectedAt: Moment { lease.connectedAt }

    init(_ lease: PoolDriver.Machine.Lease, of pool: PoolDriver) {
        self.lease = lease
        self.pool = pool
    }

    /// A lease that nobody has any more is not lost for the pool, but what was done with the connection is not known.
    deinit {
        if !isReleased.load(ordering: .acquiring) { pool.forgotten(lease) }
    }

    func ledAstray(reason: String) { pool.ledAstray(id, reason: reason) }

    /// Gives the connection back. Does nothing the second time.
    func release(needsReset: Bool) {
        guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
        pool.giveBack(lease, needsReset: needsReset)
    }

    /// In which state a connection is given back.
    enum Condition: Sendable, Hashable {
        /// As it was taken: no transaction, no settings of the session changed. It goes to its next user as it is.
        case clean
        /// Perhaps not as it was taken. It is reset before its next user gets it.
        case needsReset
        /// It is not known what it would answer next. It is closed.
        case unusable
    }
}
