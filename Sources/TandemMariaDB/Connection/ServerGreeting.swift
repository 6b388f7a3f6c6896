import TandemThreads
import TandemTransactions

/// What a new connection asks its server.
struct ServerGreeting: Sendable {
    let role: ServerRole
    /// Whether a lock that was not to be had in time ends its whole transaction.
    let lockTimeoutEndsTransaction: Bool

    init(_ session: ServerSession, _ watch: inout StatementWatch) throws {
        try session.askForIdentity(&watch)
        let answer = try session.query(
            "\(SessionSettings.statement); SELECT @@innodb_rollback_on_timeout AS rollback, \(ServerState.columns)",
            &watch)
        lockTimeoutEndsTransaction = answer["rollback"] == "1"
        role = ServerState(answer).role
    }
}
