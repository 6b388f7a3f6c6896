/// The server that a transaction goes to.
struct Route: Sendable {
    var provider: any ConnectionProvider
    var reason: RoutingReason
}

/// Why a transaction runs where it runs.
public enum RoutingReason: Sendable, Hashable {
    /// It may write.
    case readWrite
    /// It reads, and the replica was the best.
    case replica
    /// It reads, and there is no replica that may take it.
    case noReplica
}
