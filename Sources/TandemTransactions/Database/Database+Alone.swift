// A statement without any scope: it runs on the primary, and is final at once.
extension Database {
    /// Runs a statement that is in no scope of this database.
    ///
    /// - Parameter enclosing: what is around it, of whatever database.
    @inline(__always)
    nonisolated(nonsending) func runAlone(_ statement: Statement, in enclosing: Scope?) async throws -> StatementResult
    {
        guard let lease = leaseForOneStatement(statement, in: enclosing) else {
            let holder = holderForOneStatement()
            defer { holder.endStatement() }
            return try await holder.run(statement, in: nil)
        }
        do {
            let deadline = configuration.transactionTimeout.map { ContinuousClock.now + $0 }
            let result = try await lease.connection.execute(statement, deadline: deadline)
            lease.release(needsReset: statement.mayChangeSession)
            return result
        } catch {
            let holder = holderForOneStatement()
            holder.took((lease, .readWrite, nil), changed: statement.mayChangeSession)
            defer { holder.endStatement() }
            let explained = holder.explain(error, statement: statement, in: nil)
            holder.failed(explained, in: nil)
            throw explained
        }
    }

    /// An idle connection to the primary, where nothing but the statement itself is to be done: nothing is around it that
    /// could refuse it, nobody wants to hear of it, and no session has to know of its commit. It needs no holder then, which
    /// is there for those who share a connection.
    private func leaseForOneStatement(_ statement: Statement, in enclosing: Scope?) -> PoolLease? {
        guard enclosing == nil, takesSilently, DatabaseSession.current == nil, !Task.isCancelled,
            configuration.transactionTimeout.map({ $0 > .zero }) ?? true, (try? statement.checkParameters()) != nil
        else { return nil }
        return primary.driver.idleLease(for: Acquirer(file: Self.aloneCallSite.fileID, line: Self.aloneCallSite.line))
    }

    /// What stands for a statement without any scope where one is expected.
    func holderForOneStatement() -> ConnectionHolder {
        let timeout = configuration.transactionTimeout
        let options = ScopeOptions(
            name: nil, callSite: Self.aloneCallSite, isReadOnly: false, isolation: .serverDefault,
            deadline: timeout.map { .now + $0 }, freshness: configuration.freshness)
        return ConnectionHolder(database: self, options: options, isTransactional: false, enclosing: Scope.current)
    }

    private static let aloneCallSite = CallSite(fileID: "a statement without a transaction", line: 0)
}
