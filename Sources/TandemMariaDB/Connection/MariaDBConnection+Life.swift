import CMariaDB
import TandemThreads
import TandemTransactions

// How it is made ready for its next user, asked whether it lives, and ended.
extension MariaDBConnection {
    func setUp(_ statements: [Statement], deadline: ContinuousClock.Instant) async throws {
        initialStatements = statements
        try await cancellable(deadline: deadline) { watch in try self.runInitialStatements(&watch) }
    }

    /// What they leave is no trace of a user's.
    private func runInitialStatements(_ watch: inout StatementWatch) throws {
        for statement in initialStatements {
            _ = try execute(statement.sql(in: .questionMarks), statement.parameters, &watch)
        }
        hasTraces = false
    }

    func reset() async {
        guard isOpen else { return }
        do {
            if let cursor { try end(cursor) }
            var watch = StatementWatch(deadline: .now + Self.endingTime, isCancellable: false)
            if hasTraces || options.alwaysResets {
                try resetSession(&watch)
            } else if transaction != .none || session.isInTransaction {
                try session.query("ROLLBACK", &watch, atInterruption: .abandon)
            }
            transaction = .none
        } catch {
            shut()
        }
    }

    private func resetSession(_ watch: inout StatementWatch) throws {
        var failed: Int32 = 0
        let call = LibraryCall(
            start: { [session] in mysql_reset_connection_start(&failed, session.handle) },
            resume: { [session] in mysql_reset_connection_cont(&failed, session.handle, $0) })
        try session.run(call, &watch, atInterruption: .abandon)
        if failed != 0 { throw session.error() }
        // The server has forgotten them.
        _ = cache.removeAll()
        try session.query(SessionSettings.statement, &watch, atInterruption: .abandon)
        try returnToDatabase(&watch)
        transaction = .none
        try runInitialStatements(&watch)
    }

    /// USE outlives the server's reset. Out of a database no statement leads.
    private func returnToDatabase(_ watch: inout StatementWatch) throws {
        if let database = session.parameters.database {
            try session.query("USE \(Self.quoted(database))", &watch, atInterruption: .abandon)
        } else if try session.query("SELECT DATABASE() AS used", &watch, atInterruption: .abandon)["used"] != nil {
            throw MariaDBFailure.connectionLost("the connection is in a database, and was made in none")
        }
    }

    func validate(deadline: ContinuousClock.Instant) async -> Bool {
        guard isOpen, cursor == nil else { return isUsable }
        do { try await cancellable(deadline: deadline, checkRole) } catch { return false }
        return isUsable
    }

    /// A server does not say by itself that it has become a replica, and refuses only those who write.
    private func checkRole(_ watch: inout StatementWatch) throws {
        let state = ServerState(try session.query("SELECT \(ServerState.columns)", &watch, atInterruption: .abandon))
        if state.role != role { health.roleChanged() }
    }

    func close() async { shut() }

    func shut() {
        cursor = nil
        retired.removeAll()
        _ = cache.removeAll()
        session.close()
        health.closed()
    }
}
