/// Names one lease of one pool. No two leases of a process have the same.
struct LeaseID: Sendable, Hashable {
    /// The pool's number in this process.
    let pool: UInt32
    /// The place of the connection in its pool.
    let slot: Int32
    /// Counts the leases of a pool from 1.
    let number: UInt64
}

extension LeaseID: CustomStringConvertible {
    var description: String { "\(pool).\(number)" }
}
