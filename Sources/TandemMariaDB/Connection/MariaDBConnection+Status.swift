import TandemThreads
import TandemTransactions

extension MariaDBConnection {
    func status(deadline: ContinuousClock.Instant?) async throws -> ServerStatus {
        try await cancellable(deadline: deadline) { watch in
            let state = ServerState(try self.session.query("SELECT \(ServerState.columns)", &watch))
            if state.role != self.role { self.health.roleChanged() }
            let position = state.position.map { CommitPosition(.mariadb, $0.text) }
            let lag = state.role == .primary ? Duration.zero : try self.lag(&watch)
            return ServerStatus(role: state.role, position: position, lag: lag)
        }
    }

    /// The largest of the lags behind each of the servers it replicates; nil where one of them is not known.
    private func lag(_ watch: inout StatementWatch) throws -> Duration? {
        let answer: TextResult
        do { answer = try session.query("SHOW ALL SLAVES STATUS", &watch) } catch let error as DatabaseError {
            guard error.sqlState == "42501" else { throw error }
            warnOfLag()
            return nil
        }
        let lags = answer.column("Seconds_Behind_Master").map { $0.flatMap { Int($0) } }
        var largest: Int?
        for lag in lags {
            guard let lag else { return nil }
            largest = max(largest ?? 0, lag)
        }
        return largest.map { .seconds($0) }
    }

    private func warnOfLag() {
        guard !hasWarnedOfLag else { return }
        hasWarnedOfLag = true
        logger.warning(
            "the user may not see the lag of replicas, which is unknown therefore: GRANT REPLICA MONITOR ON *.* TO it",
            metadata: ["server": "\(server)"])
    }

    func waitUntilReached(_ position: CommitPosition, deadline: ContinuousClock.Instant) async throws -> Bool {
        guard let wanted = GTIDPosition(position) else {
            throw DatabaseError(.invalidValue, "the position is none of MariaDB's, which are GTIDs such as 0-1-270")
        }
        do {
            return try await cancellable(deadline: deadline) { try self.hasReached(wanted, until: deadline, &$0) }
        } catch let error as DatabaseError where error.code == .timeout && deadline <= .now {
            // The question was cut short by the end of the time to wait.
            return false
        }
    }

    private func hasReached(
        _ wanted: GTIDPosition, until deadline: ContinuousClock.Instant, _ watch: inout StatementWatch
    ) throws -> Bool {
        let state = ServerState(try session.query("SELECT \(ServerState.columns)", &watch))
        if state.position?.reaches(wanted) == true { return true }
        // A server that does not replicate would wait for nothing.
        guard state.role == .replica else { return false }
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { return false }
        let (seconds, attoseconds) = left.components
        let time = "\(seconds).\(String(1_000_000 + attoseconds / 1_000_000_000_000).dropFirst())"
        // The server's clock ends the wait; ours only where the server does not answer.
        var waiting = StatementWatch(deadline: deadline + .seconds(1), isCancellable: true)
        defer { watch = waiting }
        let answer = try session.query("SELECT MASTER_GTID_WAIT('\(wanted.text)', \(time)) AS failed", &waiting)
        return answer["failed"] == "0"
    }
}
