/// How recent the state must be that a read-only transaction sees.
public enum Freshness: Sendable, Hashable {
    /// Any state that the primary had.
    case any
    /// Not older than that.
    case maxLag(Duration)
    /// Everything up to that position.
    case atLeast(CommitPosition)
    /// Everything that this session has committed.
    case sameSession
}
