import TandemLog

@testable import TandemReplication

/// Flushes: those of the replication thread, during which it does nothing else, and those of a group, which the database
/// thread carries out while anything may come.
extension Simulation {
    /// The replication thread flushes the log. The rest of its actions waits, or never comes.
    func beginFlush(_ node: SimulatedNode, rest: ArraySlice<ReplicationMachine.Action>) throws {
        if try breaksFlush(of: node) { return }
        node.waiting = Array(rest)
        node.isFlushing = true
        if !node.holdsFlush, !isHostile || random.once(in: 2) { try finishFlush(node) }
    }

    private func finishFlush(_ node: SimulatedNode) throws {
        guard node.isFlushing, !node.isStopped else { return }
        node.isFlushing = false
        node.disk.flush()
        node.flushedMark = node.mark
        let rest = node.waiting
        node.waiting = []
        let through = LogIndex(UInt64(node.disk.flushed))
        try execute(rest, on: node)
        try handle(node) { $0.flushed(through: through, now: self.clock(of: node)) }
    }

    /// A flush is wanted while the database thread is at one: there is one at a time, and another behind it where there is
    /// more by now.
    func putOffFlush(_ node: SimulatedNode, behind flush: SimulatedFlush) {
        if flush.end != node.disk.last { node.mustFlushAgain = true }
    }

    /// The database thread's flush returns, whatever has come since it began.
    func finishGroupFlush(_ node: SimulatedNode) throws {
        guard node.canTakeEvents, let flush = node.groupFlush else { return }
        let isOvertaken = node.mustFlushAgain
        if try breaksFlush(of: node) { return }
        node.groupFlush = nil
        node.mustFlushAgain = false
        if node.disk.hasFailed { return try failLog(of: node, "takes no more") }
        node.disk.endFlush(flush, mistakes: options.mistakes)
        node.flushedMark = max(node.flushedMark, flush.mark)
        if isOvertaken {
            counts.overtakenFlushes += 1
            if !options.mistakes.contains(.overtakenFlush) {
                if try breaksFlush(of: node) { return }
                node.disk.flush()
                node.flushedMark = node.mark
            }
        }
        let through = LogIndex(UInt64(node.disk.flushed))
        say("the flush of node \(node.number)'s group returns; \(through) is flushed")
        try handle(node) { $0.flushed(through: through, now: self.clock(of: node)) }
    }

    /// Flushes that are under way return; those of groups sooner or later.
    func finishFlushes() throws {
        for node in nodes {
            if node.isFlushing { try finishFlush(node) }
            if !isHostile || node.groupFlush != nil && random.once(in: 2) { try finishGroupFlush(node) }
        }
    }

    /// The power fails before the flush has returned, or the flush fails.
    private func breaksFlush(of node: SimulatedNode) throws -> Bool {
        let isToFail = node.failsFlush
        node.failsFlush = false
        if isHostile, random.once(in: 60 * options.calm) {
            crash(node)
            return true
        }
        guard isToFail || isHostile && random.once(in: 80 * options.calm) else { return false }
        node.groupFlush = nil
        node.mustFlushAgain = false
        node.disk.fail()
        try failLog(of: node, "fails to flush")
        return true
    }

    /// An append, a flush or a write of the durable state has failed: what was decided besides is dropped, which may be the
    /// end of a reign. So the streams and the group end here.
    func failLog(of node: SimulatedNode, _ what: String) throws {
        say("node \(node.number) \(what)")
        node.group = nil
        if options.mutations.contains(.retryInEpoch) {
            node.disk.dropUnflushed()
        } else {
            node.isPaused = false
            for connection in connections where connection.acceptor == node.number { connection.streamed = nil }
        }
        try handle(node) { $0.logFailed("simulated", now: self.clock(of: node)) }
    }
}
