import PostgresWire
import TandemLog
import TandemReplication
import TandemSQLite

// What monitoring of PostgreSQL asks a node.
extension NodeServices {
    /// A fact by its name; nil if there is none at the moment.
    func fact(_ name: String) -> String? {
        let progress = state.progress
        switch name {
        case "recovery": return takesWrites ? "0" : "1"
        case "start_time": return started.text
        // What PostgreSQL refuses on a standby, and on a primary, is NULL here.
        case "current_lsn": return takesWrites ? lsn(progress.commit) : nil
        case "replay_lsn": return takesWrites ? nil : lsn(progress.applied)
        case "receive_lsn": return takesWrites ? nil : lsn(progress.flushed)
        case "replay_time": return takesWrites ? nil : state.appliedUpTo?.text
        case "replication": return replication
        case "receiver": return takesWrites ? "[]" : receiver
        case "archiver": return archiver
        case "commits": return progress.commit.description
        default: return nil
        }
    }

    private func lsn(_ index: LogIndex) -> String { LogSequenceNumber(index.rawValue).description }

    /// The replicas and cascades that are connected to this node, as `pg_stat_replication` has them.
    private var replication: String {
        guard let status = state.status else { return "[]" }
        let peers = status.peers.filter { $0.connected && (takesWrites || $0.isCascade) }
        return JSONText.array(
            peers.enumerated().map { number, peer in
                let address = HostAndPort(peer.address)
                return JSONText.object([
                    ("pid", String(1_000_000 + number)), ("usename", "tandem"),
                    ("application_name", peer.node.description),
                    ("client_addr", address?.host), ("client_port", address.map { String($0.port) }),
                    ("state", peer.lag > NodeCondition.lagLimit ? "catchup" : "streaming"),
                    ("sent_lsn", lsn(max(peer.sent, peer.acknowledged))),
                    ("write_lsn", lsn(max(peer.written, peer.acknowledged))), ("flush_lsn", lsn(peer.acknowledged)),
                    ("replay_lsn", lsn(peer.applied)), ("write_lag", interval(peer.lags.write)),
                    ("flush_lag", interval(peer.lags.flush)), ("replay_lag", interval(peer.lags.replay)),
                    ("sync_priority", peer.isMember && status.acknowledgementsRequired > 0 ? "1" : "0"),
                    ("sync_state", synchronousState(peer, status)),
                    ("reply_time", peer.silence.map { (WallClock.now - $0).text }),
                ])
            })
    }

    private func interval(_ duration: Duration?) -> String? {
        guard let duration else { return nil }
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? nil : PostgresInterval(microseconds: product + attoseconds / 1_000_000_000_000).text
    }

    /// PostgreSQL's word: `sync` where commits wait for this very replica, `quorum` where for some of several, `async` where
    /// for none, or not for this one. And a word of ours.
    private func synchronousState(_ peer: ReplicationStatus.Peer, _ status: ReplicationStatus) -> String {
        if peer.isCascade { return "cascade" }
        guard peer.isMember, status.acknowledgementsRequired > 0 else { return "async" }
        return status.acknowledgements == .all ? "sync" : "quorum"
    }

    /// The stream from the primary, or a cascade's upstream, as `pg_stat_wal_receiver` has it.
    private var receiver: String {
        guard let status = state.status, let epoch = status.epoch else { return "[]" }
        let address = (status.cascadeOf ?? status.primary).flatMap { HostAndPort($0) }
        return JSONText.array([
            JSONText.object([
                ("pid", "1000000"), ("status", "streaming"), ("written_lsn", lsn(status.last)),
                ("flushed_lsn", lsn(status.flushed)), ("latest_end_lsn", lsn(status.announced)),
                ("received_tli", String(epoch.counter)), ("sender_host", address?.host),
                ("sender_port", address.map { String($0.port) }), ("conninfo", upstreamConnection),
                ("last_msg_receipt_time", status.silence.map { (WallClock.now - $0).text }),
            ])
        ])
    }

    /// What was archived since the node was started, as `pg_stat_archiver` has it.
    private var archiver: String {
        let stand = snapshots?.archive
        return JSONText.array([
            JSONText.object([
                ("archived_count", String(stand?.files ?? 0)), ("last_archived_wal", stand?.lastFile),
                ("last_archived_time", stand?.lastFileAt?.text), ("failed_count", String(stand?.failures ?? 0)),
                ("last_failed_time", stand?.lastFailureAt?.text), ("stats_reset", started.text),
            ])
        ])
    }
}
