// How a transaction comes to its connection, at its first statement.
extension ConnectionHolder {
    /// What a statement finds that has its turn.
    enum Readiness {
        /// Its connection: it is here, or was idle in the primary's pool and nothing need be begun.
        case connected(any DataSourceConnection)
        /// Nothing yet: the transaction begins with it.
        case begins
        /// Something that has to be done before it.
        case mustPrepare
    }

    /// How far a statement is, without waiting for anybody. The caller has the gate.
    func readiness(at level: Int) throws -> Readiness {
        try checkDeadline()
        let (action, lease) = state.withLock { ($0.machine.statementArrived(at: level), $0.lease) }
        switch (action, lease) {
        case (.run, let lease?): return .connected(lease.connection)
        case (.begin, _) where isTransactional:
            return level == TransactionStateMachine.outermost ? .begins : .mustPrepare
        case (.begin, _):
            guard let connected = database.connectAtOnce(self) else { return .mustPrepare }
            took(connected)
            return .connected(connected.lease.connection)
        case (.setSavepoint, _), (.run, nil): return .mustPrepare
        case (.refuse(let refusal), _): throw error(for: refusal)
        }
    }

    /// Makes the connection ready for a statement. The caller has the gate.
    nonisolated(nonsending) func prepare(at level: Int) async throws -> any DataSourceConnection {
        try checkDeadline()
        while true {
            let (action, lease) = state.withLock { ($0.machine.statementArrived(at: level), $0.lease) }
            switch (action, lease) {
            case (.run, let lease?): return lease.connection
            case (.setSavepoint(let level), let lease?):
                try await lease.connection.setSavepoint(Self.savepointName(level), deadline: options.deadlineInstant)
                state.withLock { $0.machine.savepointSet(level) }
            case (.begin, _), (.run, nil), (.setSavepoint, nil): try await begin()
            case (.refuse(let refusal), _): throw error(for: refusal)
            }
        }
    }

    /// Takes a connection and begins.
    private nonisolated(nonsending) func begin() async throws {
        let connected = try await connect()
        do {
            if isTransactional {
                try await connected.lease.connection.begin(characteristics, deadline: options.deadlineInstant)
            }
        } catch {
            giveBack(connected, after: error)
            throw error
        }
        took(connected)
    }

    /// Takes a connection and begins with the transaction's first statement, in one call of the driver: each is a way to the
    /// connection's thread and back. The caller has the gate.
    nonisolated(nonsending) func begin(with statement: Statement) async throws -> StatementResult {
        let connected = try await connect()
        // Before the statement is under way: the body may end meanwhile, and then has to commit it.
        try takeForFirstStatement(connected)
        let result: Result<StatementResult, any Error>
        do {
            result = try await connected.lease.connection.begin(
                characteristics, executing: statement, deadline: options.deadlineInstant)
        } catch {
            state.withLock { state in
                (state.lease, state.reason, state.replica) = (nil, nil, nil)
                state.machine.beginningFailed()
            }
            giveBack(connected, after: error)
            throw error
        }
        if statement.mayChangeSession { state.withLock { $0.needsReset = true } }
        return try result.get()
    }

    private var characteristics: TransactionCharacteristics {
        TransactionCharacteristics(isReadOnly: options.isReadOnly, isolation: options.isolation)
    }

    private nonisolated(nonsending) func connect() async throws -> Database.Connected {
        if let idle = database.connectAtOnce(self) { return idle }
        return try await database.connect(self)
    }

    /// There is no transaction on the connection: the next statement begins one on another.
    private func giveBack(_ connected: Database.Connected, after error: any Error) {
        if !connected.lease.connection.isUsable { database.router.connectionBroke(to: connected.replica, error) }
        connected.lease.release(needsReset: true)
    }

    /// It has its connection.
    ///
    /// - Parameter changed: whether a statement may have left something on it.
    func took(_ connected: Database.Connected, changed: Bool = false) {
        state.withLock { state in
            state.took(connected)
            if changed { state.needsReset = true }
        }
    }

    /// - Throws: where the body has ended while the connection was waited for; it is given back.
    private func takeForFirstStatement(_ connected: Database.Connected) throws {
        let refusal = state.withLock { state -> TransactionStateMachine.Refusal? in
            let action = state.machine.statementArrived(at: TransactionStateMachine.outermost)
            if case .refuse(let refusal) = action { return refusal }
            state.took(connected)
            return nil
        }
        guard let refusal else { return }
        connected.lease.release(needsReset: false)
        throw error(for: refusal)
    }

    static func savepointName(_ level: Int) -> String { "tandem_\(level)" }
}

extension ConnectionHolder.State {
    fileprivate mutating func took(_ connected: Database.Connected) {
        lease = connected.lease
        reason = connected.reason
        replica = connected.replica
        machine.transactionBegun()
    }
}
