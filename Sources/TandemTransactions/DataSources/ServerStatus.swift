/// What a server is in its group.
public enum ServerRole: Sendable, Hashable {
    /// Takes writes.
    case primary
    /// Follows a primary and refuses writes.
    case replica
}

/// What a server says of itself.
public struct ServerStatus: Sendable, Hashable {
    /// What it is now.
    public var role: ServerRole
    /// Of the last commit on a primary, of the last one applied on a replica; nil where the engine cannot tell.
    public var position: CommitPosition?
    /// How old the state is that a replica shows; zero on a primary, nil where it is not known.
    public var lag: Duration?

    /// What a server says of itself.
    public init(role: ServerRole, position: CommitPosition? = nil, lag: Duration? = nil) {
        self.role = role
        self.position = position
        self.lag = lag
    }
}
