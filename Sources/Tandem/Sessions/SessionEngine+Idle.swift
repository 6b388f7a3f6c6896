import PostgresWire

extension SessionEngine {
    /// How long the client may say nothing now, and what it is told when it has; nil for as long as it likes.
    ///
    /// Readers are few, and a snapshot that is kept lets the write-ahead log grow: a block that keeps one is bounded like
    /// one that keeps the writer (`SessionTransaction`). A block that keeps nothing is bounded by what its session has
    /// set itself.
    var idleLimit: (timeout: Duration, error: PostgresError)? {
        guard copyIn == nil else { return nil }
        if machine.transactionStatus == .idle {
            return settings.idleSessionTimeout.map { ($0, .idleSession) }
        }
        let timeout =
            heldReader == nil ? settings.chosenIdleInTransactionTimeout : settings.idleInTransactionTimeout
        let hint =
            heldReader == nil ? nil : "An open read-only transaction keeps a snapshot and one of the few readers."
        return timeout.map { ($0, .idleInTransaction(hint: hint)) }
    }
}

extension PostgresError {
    fileprivate static var idleSession: PostgresError {
        PostgresError(
            severity: .fatal, code: .idleSessionTimeout,
            message: "terminating connection due to idle-session timeout")
    }

    static func idleInTransaction(hint: String?) -> PostgresError {
        PostgresError(
            severity: .fatal, code: .idleInTransactionSessionTimeout,
            message: "terminating connection due to idle-in-transaction timeout", hint: hint)
    }
}
