import TandemLog

// Events that the machine alone decides on: from operators, from the database thread, and from time.
extension ReplicationDriver {
    /// To be called about ten times a second.
    public func tick() {
        handle { $0.ticked(now: $1) }
    }

    /// An operator wants this node to become the primary, or to know whether it would.
    public func promote(acceptsDataLoss: Bool, surveyOnly: Bool = false) {
        handle {
            surveyOnly
                ? $0.promotionSurveyRequested(acceptsDataLoss: acceptsDataLoss, now: $1)
                : $0.promoteRequested(acceptsDataLoss: acceptsDataLoss, now: $1)
        }
    }

    /// This node has taken the group's lease, because nobody holds it: it stands for promotion without asking first whether
    /// a primary is alive, for none may be (rule 38).
    public func standForPromotion() {
        handle { $0.promoteRequested(surveyFirst: false, now: $1) }
    }

    /// An operator wants a replica to take over.
    public func handOver(to target: NodeID, within limit: Duration) {
        handle { $0.handOverRequested(to: target, within: limit, now: $1) }
    }

    /// An operator wants a member to belong to the group no longer.
    public func remove(_ node: NodeID, acceptsDataLoss: Bool) {
        handle { $0.removalRequested(of: node, acceptsDataLoss: acceptsDataLoss, now: $1) }
    }

    /// This node holds the group's lease until `end` at least.
    public func leaseExtended(until end: Moment) {
        handle { $0.leaseExtended(until: end, now: $1) }
    }

    /// Another node holds the group's lease, or this one has given it back.
    public func leaseLost() {
        handle { $0.leaseLost(now: $1) }
    }

    /// The database thread has applied, or committed, everything up to `position`.
    public func applied(_ position: Position) {
        handle { $0.applied(position, now: $1) }
    }

    /// The database of a node that is delayed by choice has what it showed before its restart.
    public func databaseCaughtUp() {
        handle { $0.databaseCaughtUp(now: $1) }
    }

    /// The database thread has paused, as it was told to.
    public func writesPaused() {
        handle { $0.writesPaused(now: $1) }
    }

    /// SQLite failed for good (docs/REPLICATION.md, H16).
    public func databaseFailed(_ reason: String) {
        handle { $0.databaseFailed(reason, now: $1) }
    }

    /// The database's rows are not what the log says.
    public func databaseDrifted() {
        handle { $0.databaseDrifted(now: $1) }
    }
}
