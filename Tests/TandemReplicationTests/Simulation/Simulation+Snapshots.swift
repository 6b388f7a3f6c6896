import TandemLog
import TandemReplication

/// Logs that are pruned, and snapshots that go from node to node.
extension Simulation {
    /// Some of a node's log goes, whoever may need it.
    func prune(_ node: SimulatedNode) {
        guard options.prunes, node.canTakeEvents, node.disk.applied > 0 else { return }
        let before = node.disk.first
        node.disk.prune(below: 1 + random.below(node.disk.applied + 1), mistakes: options.mistakes)
        guard node.disk.first > before else { return }
        counts.prunings += 1
        say("node \(node.number) prunes its log, which begins with record \(node.disk.first) now")
        node.machine?.pruned(to: LogIndex(UInt64(node.disk.first)))
    }

    /// A snapshot is copied at its source, or arrives where it was asked for.
    func transferSomething() throws {
        for node in nodes where node.canTakeEvents {
            guard let fetching = node.fetching else { continue }
            if let snapshot = node.incoming {
                node.incoming = nil
                node.fetching = nil
                return try deliver(snapshot, to: node)
            }
            guard let source = nodes.first(where: { $0.address == fetching.address }), source.canTakeEvents,
                !source.hasDrifted || source.machine?.role == .primary,
                !isCut(source.number, node.number), source.machine?.servesReads == true,
                source.disk.applied >= max(1, fetching.minimum)
            else { continue }
            node.incoming = source.disk.snapshot(mistakes: options.mistakes)
            say("node \(source.number) copies its database at \(source.disk.applied) for node \(node.number)")
            return
        }
    }

    private func deliver(_ snapshot: SimulatedSnapshot, to node: SimulatedNode) throws {
        let position = Position(
            epoch: snapshot.records[snapshot.applied - 1].epoch, index: LogIndex(UInt64(snapshot.applied)))
        node.received = []
        node.incoming = snapshot
        let continuesLog = node.disk.continues(snapshot)
        try handle(node) {
            $0.snapshotReceived(at: position, of: Self.group, continuesLog: continuesLog, now: self.clock(of: node))
        }
    }

    /// The node is closed and opened with the snapshot, or crashes on the way, before or after the decision.
    func install(on node: SimulatedNode, replacesLog: Bool) throws {
        guard let snapshot = node.incoming else { return }
        if isHostile, random.once(in: 8) { return crash(node) }
        counts.snapshots += 1
        say(
            "node \(node.number) installs a snapshot at \(snapshot.applied); its log is \(replacesLog ? "replaced" : "kept")"
        )
        if random.once(in: 2) { node.disk.flush() }
        crash(node)
        // A log that is kept has lost nothing of what was flushed.
        node.disk.install(snapshot, replacesLog: replacesLog)
        if replacesLog {
            node.flushedMark = snapshot.applied
            node.mark = snapshot.applied
        }
        node.wantsSnapshot = false
        node.snapshotSource = nil
        try ledger.see(node.disk, who: node.number)
        if !isHostile || random.below(3) > 0 { try start(node) }
    }
}
