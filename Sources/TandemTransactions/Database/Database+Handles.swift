extension Database {
    /// Runs `body` in a read-only transaction with a handle that has no methods that write.
    ///
    /// Joins the transaction that is current, and is current for what is called in `body`. The parameters are those of
    /// `transaction`.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; ``DatabaseError`` where the transaction itself fails.
    public func read<Value>(
        isolation: IsolationLevel = .serverDefault, timeout: Duration? = nil, name: String? = nil,
        freshness: Freshness? = nil, fileID: String = #fileID, line: UInt = #line,
        isolated actor: isolated (any Actor)? = #isolation, _ body: (ReadTransaction) async throws -> Value
    ) async throws -> Value {
        try await transaction(
            readOnly: true, isolation: isolation, timeout: timeout, name: name, freshness: freshness, fileID: fileID,
            line: line
        ) {
            let scope = try Scope.required(of: self)
            let target = StatementTarget(database: self, scope: scope)
            return try await body(ReadTransaction(target: target, transaction: Transaction(scope: scope)))
        }
    }

    /// Runs `body` in a transaction with a handle that can write.
    ///
    /// Joins the transaction that is current, and is current for what is called in `body`. The parameters are those of
    /// `transaction`.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; ``DatabaseError`` where the transaction itself fails: `illegalTransactionState` where
    ///   a read-only one is current, for which the handle would promise what it cannot do.
    @discardableResult
    public func write<Value>(
        isolation: IsolationLevel = .serverDefault, timeout: Duration? = nil, name: String? = nil,
        retry: RetryPolicy = .never, fileID: String = #fileID, line: UInt = #line,
        isolated actor: isolated (any Actor)? = #isolation, _ body: (WriteTransaction) async throws -> Value
    ) async throws -> Value {
        try await transaction(
            isolation: isolation, timeout: timeout, name: name, retry: retry, fileID: fileID, line: line
        ) {
            let scope = try Scope.required(of: self)
            if let current = scope.holder?.options, current.isReadOnly {
                throw DatabaseError.readOnlyMismatch(scope.options, current)
            }
            let target = StatementTarget(database: self, scope: scope)
            return try await body(WriteTransaction(target: target, transaction: Transaction(scope: scope)))
        }
    }
}

extension WriteTransaction {
    /// Runs `body` after a savepoint with a handle of its own, as ``Transaction/withSavepoint(name:fileID:line:isolated:_:)``
    /// does: if it throws, what it did is rolled back, and what was done before stays. This handle waits meanwhile.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; ``DatabaseError`` where there is no savepoint to be had.
    @discardableResult
    public func withSavepoint<Value>(
        name: String? = nil, fileID: String = #fileID, line: UInt = #line,
        isolated actor: isolated (any Actor)? = #isolation, _ body: (WriteTransaction) async throws -> Value
    ) async throws -> Value {
        try await transaction.withSavepoint(name: name, fileID: fileID, line: line) {
            let scope = try Scope.required(of: target.database)
            let inner = StatementTarget(database: target.database, scope: scope)
            return try await body(WriteTransaction(target: inner, transaction: Transaction(scope: scope)))
        }
    }
}

extension Scope {
    fileprivate static func required(of database: Database) throws -> Scope {
        if let scope = innermost(of: database) { return scope }
        throw DatabaseError(.illegalTransactionState, "no transaction is current in the task that was to have one")
    }
}
