/// Why a transaction went to the server it went to.
public enum RouteReason: Sendable, Hashable {
    /// It may write.
    case readWrite
    /// It only reads, and there are no replicas.
    case noReplicas
    /// It only reads: the least busy of the replicas that may be used.
    case leastBusy
    /// It only reads, and had to wait for the replica to show what its session had written.
    case waited(for: CommitPosition)
    /// It only reads, but all replicas are down.
    case replicasFailed
    /// It only reads, but no replica shows a state that is fresh enough.
    case replicasTooFarBehind(allowed: Duration)
    /// It only reads, but no replica reached the position in time.
    case positionNotReached(CommitPosition)
}

extension RouteReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .readWrite: "it may write"
        case .noReplicas: "there are no replicas"
        case .leastBusy: "the least busy replica"
        case .waited(let position): "the replica that reached \(position)"
        case .replicasFailed: "all replicas are down"
        case .replicasTooFarBehind(let allowed): "no replica is within \(allowed) of the primary"
        case .positionNotReached(let position): "no replica reached \(position) in time"
        }
    }
}
