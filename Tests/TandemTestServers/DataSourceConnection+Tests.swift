import TandemTransactions

extension DataSourceConnection {
    private var soon: ContinuousClock.Instant { .now + .seconds(60) }

    @discardableResult
    public func run(_ statement: Statement) async throws -> StatementResult {
        try await execute(statement, deadline: soon)
    }

    /// The first value that a statement gives.
    public func value(_ statement: Statement) async throws -> SQLValue? { try await run(statement).rows.first?[0] }

    public func begin(isReadOnly: Bool = false, isolation: IsolationLevel = .serverDefault) async throws {
        try await begin(TransactionCharacteristics(isReadOnly: isReadOnly, isolation: isolation), deadline: soon)
    }
}

/// The error that `body` throws.
public func failure(of body: () async throws -> Void) async throws -> DatabaseError {
    do {
        try await body()
    } catch let error as DatabaseError {
        return error
    }
    throw DatabaseError(.other, "it succeeded")
}
