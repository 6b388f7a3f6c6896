import TandemReplication

/// Databases that take nothing any more, and those whose rows are found not to be what the log says.
extension Simulation {
    /// SQLite fails for good: nothing is executed or applied until the node is started again.
    func failDatabase(of node: SimulatedNode) throws {
        // The planted mistake goes on after any failure of the log, as which a reigning node's database counts.
        guard node.isDatabaseFree, !options.mutations.contains(.retryInEpoch) else { return }
        counts.databasesFailed += 1
        say("the database of node \(node.number) fails")
        node.isDatabaseDead = true
        node.group = nil
        try handle(node) { $0.databaseFailed("simulated", now: self.clock(of: node)) }
    }

    /// A node finds that its rows are not what its log says.
    func findDrift(on node: SimulatedNode) throws {
        guard node.canTakeEvents, !node.hasDrifted else { return }
        say("node \(node.number) finds that it has drifted")
        node.hasDrifted = true
        try handle(node) { $0.databaseDrifted(now: self.clock(of: node)) }
    }

    /// Nobody leads who could execute and apply nothing; nobody stands with rows that are not what the log says, although
    /// who leads already goes on with them (H16).
    func checkDatabase(of node: SimulatedNode, was former: ReplicationMachine.Role) throws {
        guard let role = node.machine?.role else { return }
        let leads = role == .primary || role == .candidate || role == .starting
        guard !node.isDatabaseDead || !leads else {
            throw Violation(promise: "P1", what: "node \(node.number) is \(role) although its database has failed")
        }
        guard !node.hasDrifted || role != .candidate || former == .candidate else {
            throw Violation(promise: "P1", what: "node \(node.number) stands for promotion although it has drifted")
        }
    }
}
