/// What is known of where a statement outside of a transaction stands in the order of commits.
public enum StatementCommit: Sendable, Hashable {
    /// It has written nothing.
    case nothing
    /// It has written, and a replica shows it that has reached this.
    case position(CommitPosition)
    /// It may have written; the status of its connection tells the position.
    case untold
}
