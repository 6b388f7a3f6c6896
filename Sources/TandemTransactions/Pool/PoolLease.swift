import Synchronization

/// A connection that is out of its pool, for its holder alone until it is released.
final class PoolLease: ConnectionLease {
    let id: LeaseID
    let connection: any DataSourceConnection
    let connectedAt: Moment
    private let acquiredAt: Moment
    private let pool: ConnectionPool
    private let isReleased = Atomic(false)

    init(_ lease: PoolStateMachine<any DataSourceConnection>.Lease, of pool: ConnectionPool) {
        id = lease.id
        connection = lease.connection
        connectedAt = lease.connectedAt
        acquiredAt = lease.acquiredAt
        self.pool = pool
    }

    /// A lease that nobody has any more is not lost for the pool, but what was done with the connection is not known.
    deinit {
        guard !isReleased.load(ordering: .acquiring) else { return }
        pool.leaseForgotten(id, acquiredAt: acquiredAt)
    }

    func ledAstray(reason: String) { pool.ledAstray(id, reason: reason) }

    /// Gives the connection back. Does nothing the second time.
    func release(needsReset: Bool) {
        guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let condition: Condition =
            !connection.isUsable ? .unusable : needsReset || connection.needsReset ? .needsReset : .clean
        pool.returned(id, as: condition, acquiredAt: acquiredAt)
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
