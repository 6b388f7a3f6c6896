/// A transaction that only reads: it has no methods that write.
public struct ReadTransaction: QueryRunner {
    /// The transaction, for the statements that are run by this handle.
    public let target: StatementTarget

    /// The transaction itself: its name, server, hooks.
    public let transaction: Transaction
}

/// A transaction that may write.
public struct WriteTransaction: StatementRunner {
    /// The transaction, for the statements that are run by this handle.
    public let target: StatementTarget

    /// The transaction itself: its name, server, hooks.
    public let transaction: Transaction
}
