/// How a transaction ended.
public enum TransactionOutcome: Sendable, Hashable {
    /// It is kept.
    case committed
    /// Nothing of it is kept.
    case rolledBack
    /// The answer to COMMIT was lost: it was committed or rolled back, and nobody here knows which.
    case unknown
}

/// What is done with a transaction whose body has thrown an error.
public enum ErrorDecision: Sendable, Hashable {
    /// What was done is kept, and the error is thrown on.
    case commit
    /// Nothing is kept, and the error is thrown on.
    case rollback
}
