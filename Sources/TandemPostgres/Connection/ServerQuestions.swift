import Foundation
import TandemTransactions

/// What a connection asks its server about the server itself, and how the answers are read.
enum ServerQuestions {
    /// Where a commit that has just succeeded stands at the latest.
    ///
    /// A commit that waited for its flush stands before the flush location. The insert location would do, too, but
    /// what is inserted behind a commit may stay unflushed, and so not be sent to standbys, for seconds on an idle
    /// server: readers would wait for nothing. Only a commit that waits for no flush needs it.
    private static let written = """
        CASE WHEN current_setting('synchronous_commit') = 'off' \
        THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END
        """

    /// Whether the transaction has written.
    static let hasWritten = "SELECT txid_current_if_assigned() IS NOT NULL"

    /// Whether the transaction has written, and whether its COMMIT waits for no flush; asked before its COMMIT, with which
    /// a setting of the transaction's own is gone.
    static let beforeCommit = "\(hasWritten), current_setting('synchronous_commit') = 'off'"

    /// Where a commit stands at the latest that has waited for its flush, and where one that has not.
    static let behindCommit = "SELECT pg_current_wal_flush_lsn(), pg_current_wal_insert_lsn()"

    static let position = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE \(written) END"

    /// Role, position, lag in microseconds.
    ///
    /// A standby that has replayed all it received shows the newest state while it is connected: its lag is 0 although
    /// its last transaction may be old. Without a receiver nothing is known of newer ones, and the age of the last one
    /// is the only bound.
    static let status = """
        SELECT pg_is_in_recovery(),
          CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE \(written) END,
          CASE WHEN NOT pg_is_in_recovery() THEN 0
            WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn()
              AND EXISTS (SELECT 1 FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL) THEN 0
            ELSE greatest(0, (EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000000)::bigint)
          END
        """

    static let tandemStatus = "SHOW tandem.status"

    /// Reads the answer to ``status``.
    static func status(_ row: ResultRow) -> ServerStatus {
        let isReplica = Bool(sqlValue: row[0]) ?? false
        return ServerStatus(
            role: isReplica ? .replica : .primary,
            position: String(sqlValue: row[1]).map { CommitPosition(.postgresql, $0) },
            lag: Int64(sqlValue: row[2]).map { .microseconds($0) })
    }

    /// Reads the answer to ``tandemStatus``.
    static func tandemStatus(_ row: ResultRow) -> ServerStatus {
        let isPrimary = row["role"] == .text("primary")
        // A node that is lagging serves reads: how far it is behind decides whether that will do.
        let isReady = [.text("ready"), .text("lagging")].contains(row["state"])
        return ServerStatus(
            role: isPrimary ? .primary : .replica,
            // It knows what it shows, also while it has no primary.
            position: row["applied_position"].flatMap { String(sqlValue: $0) }.map { CommitPosition(.tandem, $0) },
            lag: isPrimary ? .zero : isReady ? row["lag_seconds"].flatMap(seconds) : nil)
    }

    /// What a replica must have reached to show what the session has just committed, from the answer to ``tandemStatus`` behind
    /// the COMMIT.
    ///
    /// `3@0b9c…:1042`. What is committed is not shown yet by a replica, nor by one that has just become the primary: what a
    /// node shows is what it has applied. The primary knows that of a COMMIT a moment after its client has the answer.
    static func tandemCommit(_ row: ResultRow) -> CommitPosition? {
        guard let epoch = row["epoch"].flatMap({ String(sqlValue: $0) }),
            let index = row["commit_index"].flatMap({ UInt64(sqlValue: $0) })
        else { return nil }
        return CommitPosition(.tandem, "\(epoch):\(index)")
    }

    private static func seconds(_ value: SQLValue) -> Duration? { Double(sqlValue: value).map { .seconds($0) } }
}
