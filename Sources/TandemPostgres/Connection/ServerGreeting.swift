import CPQ
import TandemThreads
import TandemTransactions

/// What a server says when a connection begins.
struct ServerGreeting: Sendable {
    let kind: ServerKind
    let role: ServerRole

    /// Reads it, and sets up the session.
    init(_ link: ServerLink, deadline: ContinuousClock.Instant) throws {
        kind = ServerKind(serverVersion: link.serverParameter("server_version") ?? "")
        if let standby = link.serverParameter("in_hot_standby") {
            role = standby == "on" ? .replica : .primary
        } else {
            // Servers before version 14 do not say it by themselves.
            let answer = try Self.ask(link, "SELECT pg_is_in_recovery()", deadline)
            role = answer.text(0, 0) == "t" ? .replica : .primary
        }
        try Self.setDateStyle(link, deadline)
    }

    /// Dates as text are read in ISO form only, which is every server's own unless somebody has changed it.
    static func setDateStyle(_ link: ServerLink, _ deadline: ContinuousClock.Instant) throws {
        guard link.serverParameter("DateStyle")?.hasPrefix("ISO") == false else { return }
        _ = try ask(link, "SET DateStyle = 'ISO'", deadline)
    }

    private static func ask(
        _ link: ServerLink, _ sql: String, _ deadline: ContinuousClock.Instant
    ) throws -> ServerResult {
        let watch = StatementWatch(deadline: deadline, isCancellable: true)
        switch try link.run([.query(sql, .none, binary: false)], watch).outcomes[0] {
        case .result(let result): return result
        case .failure(let result): throw PostgresFailure.error(result, hasParameters: false)
        case .skipped: throw PostgresFailure.connectionLost("the server did not answer \(sql)")
        }
    }
}
