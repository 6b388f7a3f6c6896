import TandemTransactions

/// What a server says of its part in replication.
struct ServerState: Sendable {
    /// What every user may ask.
    static let columns = """
        @@global.read_only AS read_only, @@global.gtid_slave_pos AS applied, @@global.gtid_binlog_pos AS written, \
        (SELECT SUM(VARIABLE_VALUE IN ('ON', '1')) FROM information_schema.GLOBAL_STATUS \
        WHERE VARIABLE_NAME IN ('SLAVE_RUNNING', 'SLAVES_RUNNING')) AS replicating
        """

    let role: ServerRole
    /// Whether it applies what another server writes.
    let isReplicating: Bool
    /// All that it shows.
    let position: GTIDPosition?

    init(_ answer: TextResult) {
        isReplicating = (answer["replicating"].flatMap { Double($0) } ?? 0) > 0
        role = isReplicating || answer["read_only"] != "0" ? .replica : .primary
        let applied = answer["applied"].flatMap { GTIDPosition($0) }
        // A replica has what it applies in its binary log before it is committed, so that it cannot be read yet; only
        // `gtid_slave_pos` follows the commit.
        guard role == .primary else {
            position = applied
            return
        }
        // What it applied as a replica is in its binary log only with `log_slave_updates`.
        position = answer["written"].flatMap { GTIDPosition($0) }.flatMap { applied?.merged(with: $0) } ?? applied
    }
}
