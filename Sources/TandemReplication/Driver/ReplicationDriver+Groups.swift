import TandemLog

// The log and the groups that go into it, from start to close.
extension ReplicationDriver {
    /// The node's files are open and its connections work: it begins to take part.
    public func start() {
        commitClock.recordFound(at: log?.lastTime ?? 0)
        handle { $0.started(now: $1) }
    }

    /// Flushes and closes the log, with the commit index that is known.
    public func close() {
        try? log?.close(knownCommit: machine.commit)  // What cannot be flushed now was never acknowledged.
        log = nil
    }

    /// The database thread has run a group of transactions.
    ///
    /// One that began in an earlier reign of this node is refused, although it may have seen the state that holds now: it
    /// tells tables as of that reign, and what follows an epoch record must be readable without what lies before it
    /// (docs/LOG-FORMAT.md).
    public func propose(_ group: GroupProposal) {
        guard group.segment == generation.number else {
            return database.groupRejected(DatabaseThreadError.rejected("this node's reign has ended since"))
        }
        proposed = group
        isBusy = lastCommit.map { Self.now - $0 < Self.newsDelay } ?? false
        handle { $0.proposed(count: group.count, now: $1) }
    }

    /// The database thread has flushed the log, or failed to.
    public func flushed(_ flush: LogFlush, _ result: Result<Void, LogError>) {
        flushing = nil
        // A log that was closed meanwhile was flushed with that.
        guard let log else { return }
        do {
            var index = try log.endFlush(flush, result)
            if mustFlushAgain { index = try log.flush() }
            mustFlushAgain = false
            handle { $0.flushed(through: index, now: $1) }
        } catch {
            let actions = fail(error)
            handle { _, _ in actions }
        }
    }
}
