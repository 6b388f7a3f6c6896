/// How fresh the state must be that a read-only transaction reads.
public enum Freshness: Sendable, Hashable {
    /// Whatever a replica shows.
    case any
    /// A state at most so old.
    case maxLag(Duration)
    /// A state that has everything up to this position.
    case atLeast(CommitPosition)
    /// A state that has everything that was written in the current ``DatabaseSession``; whatever a replica shows where
    /// nothing was, or where there is no session. The default.
    case sameSession
}
