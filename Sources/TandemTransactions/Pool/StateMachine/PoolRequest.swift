/// A request for a connection that could not be answered at once.
struct PoolRequest: Sendable {
    let acquirer: Acquirer
    /// The leases of this pool that the asker holds while it waits.
    var holding: [LeaseID] = []
    let askedAt: Moment
    /// When it gives up.
    let deadline: Moment
    /// Whether the deadline is that of the asker's transaction, not the pool's.
    var isDeadlineOfTransaction = false
    /// From then on a failure to connect fails the request, if the pool has no connection left; nil: it waits on.
    var failsWhenUnreachableFrom: Moment?
}

/// Why a request was not answered with a connection.
enum PoolRequestFailure: Sendable {
    /// Its time is over.
    case timedOut(PoolRequest, PoolStatus)
    /// Its time is over, and the server has said nothing in all of it.
    case silent(PoolRequest)
    /// Every holder of a connection waits for another one.
    case deadlocked(PoolRequest, PoolStatus)
    /// The server cannot be reached.
    case unreachable(any Error)
    /// The pool has been shut down.
    case closed
    case cancelled
}

/// Why a connection is closed.
enum PoolCloseReason: String, Sendable {
    case unusable = "it was not usable any more"
    case notAlive = "it did not answer that it is alive"
    case lifetimeOver = "its lifetime was over"
    case idleTooLong = "it was idle for too long"
    case evicted = "it was evicted"
    case shutdown = "the pool shuts down"
    case late = "it was ready only after the pool had given it up"
}
