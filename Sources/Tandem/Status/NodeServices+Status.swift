import PostgresWire
import TandemLog
import TandemReplication

// What SHOW tandem.status and SHOW tandem.members tell (docs/SQL.md).
extension NodeServices {
    /// One row about this node.
    func statusTable() -> TextTable {
        let progress = state.progress
        let status = state.status
        let behind = progress.announced.distance(from: progress.applied)
        let condition = condition(status)
        // Those whose records wait to be committed, and those that have not had the writer yet.
        let waiting = (status?.waiting?.transactions ?? 0) + database.waitingCount
        let fields: [(String, PostgresType, String?)] = [
            ("role", .text, roleName(progress.role)),
            ("state", .text, condition.state),
            ("node", .text, status.map { $0.node.description }),
            ("group", .text, status?.group?.description),
            ("epoch", .text, status?.epoch?.description),
            ("primary", .text, status?.primary),
            ("cascade_of", .text, status?.cascadeOf),
            ("commit_index", .int8, progress.announced.description),
            ("last_index", .int8, progress.last.description),
            ("last_position", .text, progress.position(at: progress.last)?.description),
            ("flushed_index", .int8, progress.flushed.description),
            ("applied_index", .int8, progress.applied.description),
            ("applied_position", .text, progress.position(at: progress.applied)?.description),
            ("lag_transactions", .int8, String(behind)),
            ("lag_seconds", .float8, lagSeconds(behind)),
            ("delay_seconds", .float8, configuration.applyDelay?.secondsText),
            ("acknowledgements", .text, status?.acknowledgements?.description),
            ("acknowledgements_required", .int8, status.map { String($0.acknowledgementsRequired) }),
            ("acknowledgements_present", .int8, status.map { String($0.acknowledgementsPresent) }),
            ("waiting_for", .text, condition.waitingFor),
            ("degraded_seconds", .float8, status?.degradedSince?.secondsText),
            ("waiting_transactions", .int8, String(waiting)),
            ("whole", .bool, status.map { $0.whole ? "t" : "f" }),
            (
                "problem", .text,
                failure ?? drift ?? problem(of: status) ?? replacedProblem(of: status) ?? state.answerProblem
                    ?? clockProblem
            ),
            ("drift", .text, drift),
            ("lease", .text, lease),
            ("snapshot", .text, snapshots?.words),
            ("log_first_index", .int8, snapshots?.log?.firstIndex.description),
            ("log_bytes", .int8, snapshots?.log.map { String($0.byteCount) }),
            ("log_kept_for", .text, snapshots?.log?.keptFor),
            ("archived_index", .int8, snapshots?.archive?.archived?.description),
            ("archive_failures", .int8, snapshots?.archive.map { String($0.failures) }),
            ("archive_problem", .text, snapshots?.archive?.problem),
        ]
        return TextTable(fields.map(\.0), types: fields.map(\.1), [fields.map(\.2)])
    }

    /// One row for each other node of the group, and for each cascade that follows this very node. What the primary alone
    /// knows of a node is NULL elsewhere.
    func membersTable() -> TextTable {
        let names = [
            "node", "address", "member", "connected", "whole", "acknowledged_index", "applied_index",
            "lag_transactions", "since_seconds", "cascade",
        ]
        let types: [PostgresType] = [.text, .text, .bool, .bool, .bool, .int8, .int8, .int8, .float8, .bool]
        let peers = state.status?.peers ?? []
        let isPrimary = [.primary, .starting].contains(state.progress.role)
        return TextTable(
            names, types: types,
            peers.map { peer in
                let known: [String?] = [
                    peer.connected ? "t" : "f", peer.whole ? "t" : "f", peer.acknowledged.description,
                    peer.applied.description, String(peer.lag), peer.since?.secondsText,
                ]
                let own: [String?] = [peer.node.description, peer.address, peer.isMember ? "t" : "f"]
                let knows = isPrimary || peer.isCascade
                return own + (knows ? known : known.map { _ in nil }) + [peer.isCascade ? "t" : "f"]
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

    /// What the node does, and what it waits for.
    private func condition(_ status: ReplicationStatus?) -> NodeCondition {
        if !state.drifts.isEmpty { return NodeCondition("drifted") }
        if state.failure != nil { return NodeCondition("failed") }
        guard let status else { return NodeCondition("opening") }
        if let condition = snapshotCondition(status) { return condition }
        if maintenance.isOn, status.role == .primary { return NodeCondition("maintenance") }
        return NodeCondition(
            status, lag: lag, delay: configuration.applyDelay, timesAhead: timesAhead,
            upstreamFailure: state.upstreamFailure, lease: lease)
    }

    /// What the group's lease is; nil where there is none.
    private var lease: String? { state.failover?.words(now: ReplicationDriver.now) }

    /// A node that takes a snapshot does nothing else, unless an operator has asked for it.
    private func snapshotCondition(_ status: ReplicationStatus) -> NodeCondition? {
        guard let progress = snapshots?.fetching, status.role == .replica,
            status.epoch == nil || !status.servesReads
        else { return nil }
        return NodeCondition("taking a snapshot", waitingFor: "a snapshot from \(progress.peer): \(progress)")
    }

    private func problem(of status: ReplicationStatus?) -> String? {
        status?.problem?.words(follows: configuration.role.wordForFollowed)
    }

    /// Members that are gone while other nodes have their addresses.
    private func replacedProblem(of status: ReplicationStatus?) -> String? {
        guard let status, let address = state.machine?.configuration.address else { return nil }
        return status.replacedProblem(askedAt: address)
    }

    /// Why commit times stand still, if they do. Who reigns no more writes none: its clock is nobody's trouble.
    private var clockProblem: String? {
        guard state.progress.role == .primary else { return nil }
        return state.clockIsBehind.map {
            "this node's clock is \($0.secondsText) s behind the newest record, which a clock that was ahead has written: until it has come there all transactions get the same commit time, by which restore --to-time cannot tell them apart, and a delayed replica applies none of them"
        }
    }

    /// Which tables are not what they ought to be.
    private var drift: String? {
        let drifts = state.drifts
        return drifts.isEmpty ? nil : drifts.map(\.description).joined(separator: "; ")
    }

    /// For how long the oldest committed transaction has been waiting to be applied here; nil if none is known to.
    var lag: Duration? {
        if let age = ageOfOldestDelayed { return max(.zero, age) }
        return state.lagSince.map { .nanoseconds(ReplicationDriver.now.nanoseconds - $0.nanoseconds) }
    }

    /// By how much the oldest transaction that is delayed here was committed in the future, by this node's clock.
    private var timesAhead: Duration? { ageOfOldestDelayed.flatMap { $0 < .zero ? Duration.zero - $0 : nil } }

    /// Below zero where this node's clock is behind its commit time; nil where nothing is known to be delayed.
    private var ageOfOldestDelayed: Duration? {
        database.oldestDelayed.map { oldest in
            Duration.microseconds(Int64(clamping: ReplicationDriver.wallClock) - Int64(clamping: oldest))
        }
    }

    /// The age of the oldest committed transaction that is not applied here; 0 when there is none.
    private func lagSeconds(_ transactions: UInt64) -> String? {
        transactions == 0 ? "0" : lag?.secondsText
    }
}
