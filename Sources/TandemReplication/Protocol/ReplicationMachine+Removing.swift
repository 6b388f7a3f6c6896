import TandemLog

// Members that are taken out of the group: docs/REPLICATION.md, rules 26 to 28.
extension ReplicationMachine {
    /// An operator wants a member, which does not run any more, to belong to the group no longer.
    ///
    /// - Parameter acceptsDataLoss: does so without the acknowledgements that the rule in force asks for: the member is
    ///   gone for good, and so is what it may have had alone. It is written down in the member record.
    public mutating func removalRequested(of node: NodeID, acceptsDataLoss: Bool, now: Moment) -> [Action] {
        if let failure = obstacleToRemoving(node, acceptsDataLoss: acceptsDataLoss) {
            report(.removalGivenUp(failure))
        } else if var record = log.memberRecords.last?.record {
            record.members.removeAll { $0.node == node }
            record.forced = acceptsDataLoss
            if !mutations.contains(.forgetsTheRemoved) {
                reign?.acknowledgedByRemoved[node] = followers[node]?.highestAcknowledged
            }
            followers[node] = nil
            append(record, now: now)
        }
        return finish()
    }

    private func obstacleToRemoving(_ node: NodeID, acceptsDataLoss: Bool) -> ReplicationReport.RemovalFailure? {
        guard role == .primary, let reign, let last = log.memberRecords.last else { return .notPrimary }
        guard node != durable.node else { return .itself }
        guard last.record.contains(node) else { return .unknown(node) }
        guard followers[node]?.connection == nil else { return .connected(node) }
        guard reign.handOver == nil else { return .underWay }
        if acceptsDataLoss { return nil }
        guard reign.established, last.index <= commit else { return .underWay }
        var record = last.record
        record.members.removeAll { $0.node == node }
        guard !isUnsatisfiable(record) else { return .tooFewLeft(record.acknowledgements) }
        let present = record.members.count { followers[$0.node]?.connection != nil }
        guard present >= last.record.requiredAcknowledgements || mutations.contains(.removeAlone) else {
            return .tooFewPresent(present)
        }
        return nil
    }
}
