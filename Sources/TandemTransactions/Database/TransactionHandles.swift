/// A transaction that only reads: it has no methods that write.
public struct ReadTransaction: QueryRunner {
    public let target: StatementTarget

    /// The transaction itself: its name, server, hooks.
    public let transaction: Transaction
}

/// A transaction that may write.
public struct WriteTransaction: StatementRunner {
    public let target: StatementTarget

    /// The transaction itself: its name, server, hooks.
    public let transaction: Transaction
}
