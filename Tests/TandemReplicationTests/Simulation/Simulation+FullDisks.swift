import TandemLog

@testable import TandemReplication

/// There was no room for all of a write, or a write has failed.
struct WriteFailure: Error {
    let what: String
}

/// Disks that have no room: for all of a batch, for the durable state, for a snapshot.
extension Simulation {
    /// Others fill a node's disk up to a few records' room, or there is room again.
    func fillOrEmpty(_ node: SimulatedNode) {
        if node.disk.room != nil {
            node.disk.room = nil
            say("there is room again on the disk of node \(node.number)")
        } else {
            counts.filledDisks += 1
            node.disk.room = random.below(4)
            say("the disk of node \(node.number) has room for \(node.disk.room ?? 0) records")
        }
    }

    /// Writes a batch. Where it does not fit, what fits is written, and the log takes no more.
    func write(_ batch: [SimulatedRecord], at first: Int, mark: LogIndex, on node: SimulatedNode) throws {
        guard first == node.disk.last + 1 else {
            throw Violation(promise: "P3", what: "node \(node.number) appends record \(first) in the wrong place")
        }
        let isWhole = node.disk.append(batch)
        node.mark = Int(mark.rawValue)
        guard !isWhole, !options.mistakes.contains(.halfBatch) else { return }
        throw lacksRoom("its log, of which it writes up to \(node.disk.last)")
    }

    /// Keeps what is to be cut off in a file, and cuts it, both of which take room.
    func cut(above index: Int, on node: SimulatedNode) throws {
        guard !node.disk.isFull else {
            node.disk.fail()
            throw lacksRoom("what it cuts off")
        }
        counts.cuts += 1
        try ledger.cut(node.disk, above: index, who: node.number)
        say("node \(node.number) cuts its log above \(index)")
        node.disk.cut(above: index, mistakes: options.mistakes)
        if node.groupFlush != nil { node.mustFlushAgain = true }
    }

    /// Writes the durable state aside and renames it into place. Where the last flush fails, the next start may find it.
    func persist(_ state: DurableState, on node: SimulatedNode) throws {
        let isFull = node.disk.isFull
        let fails = isFull || isHostile && random.once(in: 160 * options.calm)
        if fails, options.mistakes.contains(.unwrittenState) { return }
        if !fails || !isFull && random.once(in: 2) {
            node.disk.state = state
            if state.whole { node.amnesiac = false }
        }
        if isFull { throw lacksRoom("its state") }
        if fails { throw WriteFailure(what: "fails to flush its state") }
    }

    private func lacksRoom(_ what: String) -> WriteFailure {
        counts.writesWithoutRoom += 1
        return WriteFailure(what: "has no room for \(what)")
    }
}
