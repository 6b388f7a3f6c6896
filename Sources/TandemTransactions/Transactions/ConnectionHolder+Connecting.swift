// How a transaction comes to its connection, at its first statement.
extension ConnectionHolder {
    /// The connection, where it can be had without waiting for anybody: it is here, or idle in the primary's pool and
    /// nothing need be begun. The caller has the gate.
    func readyConnection(at level: Int) throws -> (any DataSourceConnection)? {
        try checkDeadline()
        let (action, lease) = state.withLockedValue { ($0.machine.statementArrived(at: level), $0.lease) }
        switch (action, lease) {
        case (.run, let lease?): return lease.connection
        case (.begin, _) where !isTransactional:
            guard let connected = database.connectAtOnce(self) else { return nil }
            took(connected)
            return connected.lease.connection
        case (.begin, _), (.setSavepoint, _), (.run, nil): return nil
        case (.refuse(let refusal), _): throw error(for: refusal)
        }
    }

    /// Makes the connection ready for a statement. The caller has the gate.
    nonisolated(nonsending) func prepare(at level: Int) async throws -> any DataSourceConnection {
        try checkDeadline()
        while true {
            let (action, lease) = state.withLockedValue { ($0.machine.statementArrived(at: level), $0.lease) }
            switch (action, lease) {
            case (.run, let lease?): return lease.connection
            case (.setSavepoint(let level), let lease?):
                try await lease.connection.setSavepoint(Self.savepointName(level), deadline: options.deadlineInstant)
                state.withLockedValue { $0.machine.savepointSet(level) }
            case (.begin, _), (.run, nil), (.setSavepoint, nil): try await begin()
            case (.refuse(let refusal), _): throw error(for: refusal)
            }
        }
    }

    /// Takes a connection and begins.
    private nonisolated(nonsending) func begin() async throws {
        let connected: Database.Connected
        if let idle = database.connectAtOnce(self) {
            connected = idle
        } else {
            connected = try await database.connect(self)
        }
        let lease = connected.lease
        do {
            if isTransactional {
                let characteristics = TransactionCharacteristics(
                    isReadOnly: options.isReadOnly, isolation: options.isolation)
                try await lease.connection.begin(characteristics, deadline: options.deadlineInstant)
            }
        } catch {
            if !lease.connection.isUsable { database.router.connectionBroke(to: connected.replica, error) }
            lease.release(needsReset: true)
            throw error
        }
        took(connected)
    }

    private func took(_ connected: Database.Connected) {
        state.withLockedValue { state in
            state.lease = connected.lease
            state.reason = connected.reason
            state.replica = connected.replica
            state.machine.transactionBegun()
        }
    }

    static func savepointName(_ level: Int) -> String { "tandem_\(level)" }
}
