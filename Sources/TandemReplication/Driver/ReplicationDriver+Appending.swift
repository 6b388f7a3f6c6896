import TandemLog

// What is appended to the log, and told of that.
extension ReplicationDriver {
    func append(_ action: ReplicationMachine.Action) throws {
        let log = try requireLog()
        switch action {
        case .appendEpochRecord(let record, let index, let commit):
            var buffer = RecordBuffer(capacity: 1024)
            try buffer.append(record)
            try append(&buffer, first: index, epoch: record.epoch, beginsSegment: false, commit: commit)
        case .appendMemberRecord(let record, let index, let epoch, let commit):
            var buffer = RecordBuffer(capacity: 1024)
            try buffer.append(record)
            try append(&buffer, first: index, epoch: epoch, beginsSegment: false, commit: commit)
        case .appendProposed(let first, let epoch, let commit):
            guard let group = proposed else { preconditionFailure("no group was proposed") }
            proposed = nil
            let begins = generation.groupAppended()
            // Whether or not the append succeeds, a replica may have the group: it has its indexes now.
            accepted = (first, epoch, nil)
            try append(&group.records, first: first, epoch: epoch, beginsSegment: begins, commit: commit)
            let flush = log.beginFlush()
            accepted?.flush = flush
            flushing = flush?.index
        case .appendReceived(let commit):
            guard let batch = received else { preconditionFailure("no records were received") }
            received = nil
            try log.append(batch, knownCommit: commit)
            commitClock.recordFound(at: batch.lastTime)
        default: preconditionFailure("not an append")
        }
    }

    /// Seals and appends records of this node's own reign.
    private func append(
        _ buffer: inout RecordBuffer, first: LogIndex, epoch: Epoch, beginsSegment: Bool, commit: LogIndex
    ) throws {
        let log = try requireLog()
        if let difference = commitClock.advance(to: Self.wallClock) {
            report(.clockBehind(newest: commitClock.last, by: difference))
        }
        buffer.seal(
            epochCounter: epoch.counter, firstIndex: first, time: commitClock.last, previousChecksum: log.lastChecksum,
            beginsSegment: beginsSegment)
        let batch = try buffer.takeBatch()
        try log.append(batch, knownCommit: commit)
        appended = batch
    }

    /// The generation of the next group.
    func nextGeneration() -> UInt64 {
        generation.next(inNewSegment: log?.beginsSegmentNext == true)
    }

    func streamAppended() {
        guard let batch = appended else { return }
        appended = nil
        for (connection, stream) in streams where stream.end == nil { offer(batch, to: connection) }
        tellAccepted()
    }

    /// Tells the database thread that its group is in the log.
    func tellAccepted() {
        guard let (first, epoch, flush) = accepted else { return }
        accepted = nil
        database.groupAccepted(first: first, epoch: epoch, flush: flush, nextSegment: nextGeneration())
    }
}
