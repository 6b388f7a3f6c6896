import CMariaDB
import TandemThreads
import TandemTransactions

// How it is made ready for its next user, asked whether it lives, and ended.
extension MariaDBConnection {
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
        hasTraces = false
    }

    func validate(deadline: ContinuousClock.Instant) async -> Bool {
        guard isOpen, cursor == nil else { return isUsable }
        do { try await cancellable(deadline: deadline, ping) } catch { return false }
        return isUsable
    }

    private func ping(_ watch: inout StatementWatch) throws {
        var failed: Int32 = 0
        let call = LibraryCall(
            start: { [session] in mysql_ping_start(&failed, session.handle) },
            resume: { [session] in mysql_ping_cont(&failed, session.handle, $0) })
        try session.run(call, &watch, atInterruption: .abandon)
        if failed != 0 { throw session.error() }
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
