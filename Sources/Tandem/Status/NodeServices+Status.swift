import PostgresWire
import TandemLog
import TandemReplication

// What SHOW tandem.status and SHOW tandem.members tell (docs/SQL.md).
extension NodeServices {
    /// One row about this node.
    func statusTable() -> TextTable {
        let progress = state.progress
        let status = state.status
        let lag = progress.commit.distance(from: progress.applied)
        let fields: [(String, PostgresType, String?)] = [
            ("role", .text, roleName(progress.role)),
            ("state", .text, stateName(progress)),
            ("node", .text, status.map { $0.node.description }),
            ("group", .text, status?.group?.description),
            ("epoch", .text, status?.epoch?.description),
            ("primary", .text, status?.primary),
            ("commit_index", .int8, progress.commit.description),
            ("last_index", .int8, progress.last.description),
            ("flushed_index", .int8, progress.flushed.description),
            ("applied_index", .int8, progress.applied.description),
            ("lag_transactions", .int8, String(lag)),
            ("lag_seconds", .float8, lagSeconds(lag)),
            ("acknowledgements", .text, status?.acknowledgements?.description),
            ("acknowledgements_required", .int8, status.map { String($0.acknowledgementsRequired) }),
            ("acknowledgements_present", .int8, status.map { String($0.acknowledgementsPresent) }),
            ("waiting_for", .text, waitingFor(status)),
            ("degraded_seconds", .float8, status?.degradedSince.map(seconds)),
            ("waiting_transactions", .int8, String(database.waitingCount)),
            ("whole", .bool, status.map { $0.whole ? "t" : "f" }),
            ("problem", .text, failure ?? status?.problem?.words),
        ]
        return TextTable(fields.map(\.0), types: fields.map(\.1), [fields.map(\.2)])
    }

    /// One row for each other node of the group.
    func membersTable() -> TextTable {
        let names = [
            "node", "address", "member", "connected", "whole", "acknowledged_index", "applied_index",
            "lag_transactions", "since_seconds",
        ]
        let types: [PostgresType] = [.text, .text, .bool, .bool, .bool, .int8, .int8, .int8, .float8]
        let peers = state.status?.peers ?? []
        return TextTable(
            names, types: types,
            peers.map { peer in
                [
                    peer.node.description, peer.address, peer.isMember ? "t" : "f", peer.connected ? "t" : "f",
                    peer.whole ? "t" : "f", peer.acknowledged.description, peer.applied.description, String(peer.lag),
                    peer.since.map(seconds),
                ]
            })
    }

    private func roleName(_ role: ReplicationMachine.Role) -> String {
        switch role {
        case .primary, .starting: "primary"
        case .replica: "replica"
        case .candidate, .failed: role.rawValue
        case .idle: if case .primary = configuration.role { "primary" } else { "replica" }
        }
    }

    /// `ready` is a node that does what its role is for; all else says what it is waiting for.
    private func stateName(_ progress: NodeState.Progress) -> String {
        if state.failure != nil { return "failed" }
        let status = state.status
        switch progress.role {
        case .idle: return "opening"
        case .starting: return "starting"
        case .primary: return primaryState(progress, status)
        case .candidate: return "candidate"
        case .failed: return "failed"
        case .replica:
            guard status?.epoch != nil else { return "connecting" }
            return progress.servesReads ? "ready" : "catching up"
        }
    }

    private func primaryState(_ progress: NodeState.Progress, _ status: ReplicationStatus?) -> String {
        guard progress.servesWrites else { return "waiting for replicas" }
        if status?.degradedSince != nil { return "degraded" }
        return "ready"
    }

    private func waitingFor(_ status: ReplicationStatus?) -> String? {
        guard let status else { return nil }
        if let waiting = status.waiting {
            let names = waiting.missing.map(\.address).joined(separator: ", ")
            let what = names.isEmpty ? "a replica to join" : "acknowledgements of \(names)"
            return "record \(waiting.index) for \(seconds(waiting.since)) s: \(what)"
        }
        return nil
    }

    /// The age of the oldest committed transaction that is not applied here; 0 when there is none.
    private func lagSeconds(_ lag: UInt64) -> String? {
        lag == 0
            ? "0" : state.lagSince.map { seconds(.nanoseconds(ReplicationDriver.now.nanoseconds - $0.nanoseconds)) }
    }

    private func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        return "\(seconds)." + String(1000 + milliseconds).dropFirst()
    }
}
