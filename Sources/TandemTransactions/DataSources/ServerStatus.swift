/// What a server is in its group.
public enum ServerRole: Sendable, Hashable {
    case primary
    case replica
}

/// What a server says of itself.
public struct ServerStatus: Sendable, Hashable {
    public var role: ServerRole
    /// Of the last commit on a primary, of the last one applied on a replica; nil where the engine cannot tell.
    public var position: CommitPosition?
    /// How old the state is that a replica shows; zero on a primary, nil where it is not known.
    public var lag: Duration?

    public init(role: ServerRole, position: CommitPosition? = nil, lag: Duration? = nil) {
        self.role = role
        self.position = position
        self.lag = lag
    }
}
