/// One connection to a server. It is used by one transaction at a time, one call after the other.
///
/// Every call throws ``DatabaseError``, or `CancellationError` if the task was cancelled and nothing is left of the call.
/// A call whose deadline passes is cancelled on the server and throws `timeout`, with the SQLSTATE
/// ``DatabaseError/statementEnded`` where the server has ended it.
public protocol DataSourceConnection: AnyObject, Sendable {
    /// The server it leads to, for people: `db-1:7432`.
    var server: String { get }

    /// Whether it can go on: false once it broke, or once it is not known what it would answer next.
    var isUsable: Bool { get }

    /// Whether something is left on it that its next user must not see, such as a setting, a lock or a temporary table:
    /// then it is reset before somebody else gets it. False by default, for those whose statements tell it by their first
    /// word.
    var needsReset: Bool { get }

    // MARK: Transactions

    /// Begins a transaction. Until its end statements belong to it.
    func begin(_ characteristics: TransactionCharacteristics, deadline: ContinuousClock.Instant?) async throws

    /// Begins a transaction with its first statement, where the two together are cheaper than one after the other: by default
    /// they are not.
    ///
    /// - Returns: what came of the statement; what it failed with is a failure within the transaction that has begun.
    /// - Throws: why there is no transaction; the statement has not been run then.
    func begin(
        _ characteristics: TransactionCharacteristics, executing statement: Statement,
        deadline: ContinuousClock.Instant?
    ) async throws -> Result<StatementResult, any Error>

    /// Commits, and tells where in the order of commits: what a replica must have reached for this to be seen there;
    /// nil where the engine cannot tell. It goes on although the task is cancelled.
    ///
    /// - Throws: ``DatabaseError``: `outcomeUnknown` where the answer was lost, any other where nothing was kept.
    func commit() async throws -> CommitPosition?

    /// Rolls back. It goes on although the task is cancelled; a connection on which it fails is not usable any more.
    func rollback() async throws

    /// Sets a savepoint in the transaction. Names come from the layer and need no quotes.
    func setSavepoint(_ name: String, deadline: ContinuousClock.Instant?) async throws

    /// Forgets a savepoint; what was done since stays in the transaction.
    func releaseSavepoint(_ name: String) async throws

    /// Takes back what was done since the savepoint, and with it a failure that had aborted the transaction. The
    /// savepoint stays. It goes on although the task is cancelled.
    func rollback(toSavepoint name: String) async throws

    // MARK: Statements

    /// Runs a statement to its end and gives all of its rows.
    ///
    /// - Throws: ``DatabaseError``: `connectionLost` with the SQLSTATE ``DatabaseError/notSent`` only where the server has
    ///   not got the statement.
    func execute(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> StatementResult

    /// Runs a statement outside of a transaction, so that it is final at once, and tells of its commit. By default it runs
    /// as any other, and its commit is untold unless its words tell that it has only read.
    func executeAlone(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> (StatementResult, StatementCommit)

    /// Begins a statement whose rows are fetched piece by piece. No other call but the cursor's until it is closed.
    func openCursor(_ statement: Statement, deadline: ContinuousClock.Instant?) async throws -> any ResultCursor

    // MARK: The server

    /// The server's role, position and lag.
    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus

    /// Waits until the server shows everything up to `position`; false if it does not until the deadline.
    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool

    // MARK: Life

    /// Runs the statements with which a new connection begins, each final at once. What they leave belongs to it:
    /// ``reset()`` does not take it away, or runs them again. By default they run as any others, once, which will do where
    /// sessions have no settings.
    func setUp(_ statements: [Statement], deadline: ContinuousClock.Instant) async throws

    /// Makes it as it was when it was new, for its next user: no transaction, no settings left. One that cannot be is
    /// not usable any more.
    func reset() async

    /// Asks the server whether it still answers.
    func validate(deadline: ContinuousClock.Instant) async -> Bool

    /// Ends it.
    func close() async
}

extension DataSourceConnection {
    public var needsReset: Bool { false }

    public func setUp(_ statements: [Statement], deadline: ContinuousClock.Instant) async throws {
        for statement in statements { _ = try await execute(statement, deadline: deadline) }
    }

    public func begin(
        _ characteristics: TransactionCharacteristics, executing statement: Statement,
        deadline: ContinuousClock.Instant?
    ) async throws -> Result<StatementResult, any Error> {
        try await begin(characteristics, deadline: deadline)
        do { return .success(try await execute(statement, deadline: deadline)) } catch { return .failure(error) }
    }

    public func executeAlone(
        _ statement: Statement, deadline: ContinuousClock.Instant?
    ) async throws -> (StatementResult, StatementCommit) {
        (try await execute(statement, deadline: deadline), statement.isSurelyReading ? .nothing : .untold)
    }
}

/// The rows of a statement, fetched piece by piece.
public protocol ResultCursor: AnyObject, Sendable {
    /// The next rows, at most `count` and at least one; nil after the last.
    func next(_ count: Int) async throws -> [ResultRow]?

    /// Ends the statement, whether or not all rows were fetched. It goes on although the task is cancelled.
    func close() async
}
