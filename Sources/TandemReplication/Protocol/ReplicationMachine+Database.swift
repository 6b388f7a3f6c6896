import TandemLog

// A node whose database cannot be trusted, or takes nothing any more, although its log is sound: docs/REPLICATION.md, H16.
extension ReplicationMachine {
    /// What is known of the node's database.
    enum DatabaseCondition: Hashable, Sendable {
        /// It is what the log says, as far as is known.
        case sound
        /// Its rows are not what the log says. Who leads already goes on; nobody stands with it, unless loss is accepted.
        case drifted
        /// Nothing is applied or executed any more, for this reason. Nobody leads with it before a restart.
        case failed(String)
    }

    /// Rows of the database were found to differ from what the log says.
    public mutating func databaseDrifted(now: Moment) -> [Action] {
        guard database == .sound, !mutations.contains(.standWithAnyDatabase) else { return finish() }
        database = .drifted
        if let election, case .promotion = election.kind, !election.acceptsDataLoss {
            giveUpPromotion(.databaseDrifted, now: now)
        }
        acknowledge()
        return finish()
    }

    /// SQLite, or the thread that uses it, has failed for good. A reign ends with it; a replica's log is still sound, and
    /// goes on being written and acknowledged.
    public mutating func databaseFailed(_ reason: String, now: Moment) -> [Action] {
        if case .failed = database { return finish() }
        switch role {
        case .primary, .starting, .candidate:
            database = .failed(reason)
            return logFailed(reason, now: now)
        case .idle, .replica, .failed:
            guard !mutations.contains(.standWithAnyDatabase) else { return finish() }
            database = .failed(reason)
            if election != nil { giveUpPromotion(.databaseFailed(reason), now: now) }
            acknowledge()
            return finish()
        }
    }

    /// Why this node does not stand for promotion (rule 8): it must know all that it has acknowledged, be a member under a
    /// rule that may be in force, and have a database to lead with. Nil if it may.
    func obstacleToStanding(acceptsDataLoss: Bool) -> ReplicationReport.PromotionFailure? {
        guard !configuration.cascades else { return .cascade }
        guard role == .replica || role == .starting, durable.whole, isMember(durable.node),
            snapshotNeed != .databaseBehind
        else { return .notEligible }
        return switch database {
        case .sound: nil
        case .drifted: acceptsDataLoss ? nil : .databaseDrifted
        case .failed(let reason): .databaseFailed(reason)
        }
    }

    /// Whether this node may stand for promotion without anybody's accepting a loss.
    public var mayStand: Bool { obstacleToStanding(acceptsDataLoss: false) == nil }
}
