import Foundation
import PostgresWire
import TandemReplication

// What a node is set to, by the names that PostgreSQL's settings have.
extension NodeServices {
    /// The values of ``SettingDescription/node``, numbers in their units. What there is nothing of is 0.
    ///
    /// - Parameter port: where the session that asks has connected.
    func settings(port: Int?) -> [String: String] {
        let status = state.status
        return [
            "archive_mode": archiveMode,
            "archive_timeout": Self.number(configuration.archive?.timeout, of: .seconds(1)),
            "autovacuum": "off", "autovacuum_max_workers": "0", "cluster_name": status?.node.description ?? "",
            "data_directory": dataDirectory, "fsync": "on", "hot_standby": "on",
            "listen_addresses": configuration.listen.host,
            "max_connections": String(configuration.maximumConnections), "max_logical_replication_workers": "0",
            "max_parallel_workers": "0", "max_prepared_transactions": "0", "max_replication_slots": "0",
            "max_wal_senders": String(PostgresServerOptions().maximumReplicationConnections),
            "max_worker_processes": "0", "port": String(port ?? configuration.listen.port),
            "primary_conninfo": upstreamConnection ?? "",
            "recovery_min_apply_delay": Self.number(configuration.applyDelay, of: .milliseconds(1)),
            "shared_buffers": "0", "ssl": configuration.tls == nil ? "off" : "on",
            "superuser_reserved_connections": "0",
            "synchronous_standby_names": status.map(Self.synchronousNames) ?? "", "track_activities": "on",
            "track_counts": "off", "wal_level": "replica", "wal_segment_size": String(configuration.segmentSize),
        ]
    }

    /// The node that is followed, as libpq is told of it, without a password; nil where none is.
    var upstreamConnection: String? {
        guard !takesWrites, let status = state.status,
            let address = (status.cascadeOf ?? status.primary).flatMap({ HostAndPort($0) })
        else { return nil }
        return "host=\(address.host) port=\(address.port)"
    }

    private var archiveMode: String {
        switch configuration.archive?.mode {
        case nil: "off"
        case .primary: "on"
        case .always: "always"
        }
    }

    private var dataDirectory: String {
        let path = configuration.dataDirectory
        return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// The members by the names that `pg_stat_replication` has, and how many of them commits wait for: `ANY` where it shows
    /// `quorum`, `FIRST` where it shows `sync`.
    private static func synchronousNames(_ status: ReplicationStatus) -> String {
        guard status.acknowledgementsRequired > 0 else { return "" }
        let names = status.peers.filter(\.isMember).map { "\"\($0.node)\"" }
        let word = status.acknowledgements == .all ? "FIRST" : "ANY"
        return "\(word) \(status.acknowledgementsRequired) (\(names.isEmpty ? "*" : names.joined(separator: ", ")))"
    }

    private static func number(_ duration: Duration?, of unit: Duration) -> String {
        String(Int64((duration ?? .zero) / unit))
    }
}
