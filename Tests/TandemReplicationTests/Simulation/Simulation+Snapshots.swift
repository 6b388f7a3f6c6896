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

    /// A node wants a snapshot. What an earlier run of it has fetched will do, if it is recent enough.
    func fetchSnapshot(from address: String, minimum: Int, for node: SimulatedNode) {
        if let kept = node.kept, kept.applied >= minimum, node.incoming == nil { node.incoming = kept }
        node.kept = nil
        if node.fetching?.address != address, node.fetching != nil, node.waitsToInstall == nil { node.incoming = nil }
        node.fetching = (address, minimum)
    }

    func abandonSnapshot(of node: SimulatedNode) {
        node.fetching = nil
        (node.incoming, node.kept, node.waitsToInstall) = (nil, nil, nil)
    }

    /// A snapshot is copied at its source, or arrives where it was asked for.
    func transferSomething() throws {
        for node in nodes where node.canTakeEvents {
            if let replacesLog = node.waitsToInstall {
                guard !node.disk.isFull else { continue }
                node.waitsToInstall = nil
                // Where its log was pruned past it meanwhile, it would only need another one.
                guard let snapshot = node.incoming, replacesLog || node.disk.continues(snapshot) else {
                    return crash(node)
                }
                return try install(on: node, replacesLog: replacesLog)
            }
            guard let fetching = node.fetching else { continue }
            if let snapshot = node.incoming { return try receive(snapshot, at: node) }
            guard let source = nodes.first(where: { $0.address == fetching.address }), source.canTakeEvents,
                !source.hasDrifted || source.machine?.role == .primary,
                !isCut(source.number, node.number), source.machine?.servesReads == true, !source.disk.isFull,
                source.disk.applied >= max(1, fetching.minimum)
            else { continue }
            node.incoming = source.disk.snapshot(mistakes: options.mistakes)
            say("node \(source.number) copies its database at \(source.disk.applied) for node \(node.number)")
            return
        }
    }

    /// The last of a snapshot arrives; or the connection ends before, and it is asked for again; or the disk takes only a
    /// part of it.
    private func receive(_ snapshot: SimulatedSnapshot, at node: SimulatedNode) throws {
        node.incoming = nil
        if options.repeats, isHostile, random.once(in: 6) {
            counts.repetitions += 1
            return say("node \(node.number) has to ask for its snapshot again")
        }
        let isCutShort = node.disk.isFull || options.fills && random.once(in: isHostile ? 2 : 4)
        if isCutShort {
            counts.writesWithoutRoom += 1
            say("node \(node.number) has no room for the snapshot")
            guard options.mistakes.contains(.halfSnapshot) else { return }
        }
        node.fetching = nil
        try deliver(isCutShort ? snapshot.cutShort : snapshot, to: node)
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

    /// The node is closed and opened with the snapshot, or crashes on the way, before or after the decision. Where there is
    /// no room to note the decision, it is tried again.
    func install(on node: SimulatedNode, replacesLog: Bool) throws {
        guard let snapshot = node.incoming else { return }
        guard !node.disk.isFull else {
            counts.writesWithoutRoom += 1
            node.waitsToInstall = replacesLog
            return say("node \(node.number) has no room to decide the installation of a snapshot")
        }
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
        node.incoming = nil
        try ledger.see(node.disk, who: node.number)
        if !isHostile || random.below(3) > 0 { try start(node) }
    }
}
