import TandemLog

/// What the replication thread tells the database thread.
extension DatabaseThread {
    /// The reign is ready: transactions may run. Groups are captured for segment `segment` of the log.
    public func open(segment: UInt64) {
        monitor.signal { state in
            state.isOpen = true
            state.isPaused = false
            state.mustTellPause = false
            state.segment = segment
            state.reignEnded = nil
            state.isOver = false
        }
    }

    /// Whether the node follows another's reign, and not its own, from here on: only then a table that differs stops it.
    public func follows(_ follows: Bool) { monitor.signal { $0.follows = follows } }

    /// The reign has ended: the group in flight is in doubt.
    ///
    /// - Parameter forGood: somebody else reigns, so that waiting transactions are refused, and one that runs is stopped:
    ///   it could not be committed, and nothing of the new reign is applied before it ends. Else they go on waiting for
    ///   this node's next reign.
    public func close(reason: String, forGood: Bool) {
        let (running, refused) = monitor.signal { state -> ((any WriteTransaction)?, [any WriteTransaction]) in
            state.isOpen = false
            state.isPaused = false
            state.mustTellPause = false
            state.reignEnded = reason
            guard forGood else { return (nil, []) }
            state.isOver = true
            // Here, or it might be the next that is stopped.
            if state.running != nil { interrupter.cancel() }
            return (state.running, state.waiting.removeAll())
        }
        running?.reignEnds()
        guard !refused.isEmpty else { return }
        completed(refused.map { CompletedTransaction($0, .failed(DatabaseThreadError.noLongerPrimary)) })
    }

    /// Begins no group any more; says ``GroupProposer/writesPaused()`` once none is in flight. Transactions wait meanwhile.
    public func pause() {
        monitor.signal { state in
            state.isPaused = true
            state.mustTellPause = true
        }
    }

    /// Goes on after ``pause()``.
    public func resume() {
        monitor.signal { state in
            state.isPaused = false
            state.mustTellPause = false
        }
    }

    /// The log has failed, and no reign comes before the node is restarted: the group in flight is in doubt, whatever
    /// waits or comes is refused with the reason.
    public func logFailed(_ error: any Error) {
        let waiting = monitor.signal { state in
            state.isOpen = false
            state.reignEnded = String(describing: error)
            state.failure = state.failure ?? error
            return state.waiting.removeAll()
        }
        completed(waiting.map { CompletedTransaction($0, .failed(error)) })
    }

    /// The proposed group's records are in the log from `first` on; the next group belongs to `nextSegment`.
    ///
    /// - Parameter flush: what makes them durable here: the database thread, which has nothing better to do, carries it
    ///   out while the replication thread sends the records.
    public func groupAccepted(first: LogIndex, epoch: Epoch, flush: LogFlush?, nextSegment: UInt64) {
        monitor.signal { state in
            state.flush = flush
            state.group = .accepted(first: first, epoch: epoch)
            state.acceptedSince = .now
            state.segment = nextSegment
        }
    }

    /// The proposed group did not enter the log.
    public func groupRejected(_ error: any Error) {
        monitor.signal { $0.group = .rejected(error) }
    }

    /// The replication thread has closed the log, behind ``close(reason:forGood:)``, and answers no more: a group that was
    /// handed to it, and is not in the log, never will be.
    public func replicationEnded() {
        monitor.signal { state in
            if case .proposed = state.group { state.group = .rejected(DatabaseThreadError.noLongerPrimary) }
        }
    }

    /// Everything up to `position` is committed and flushed here: it may be applied.
    ///
    /// - Parameters:
    ///   - history: the log's, which says whose epoch each record is of.
    ///   - atOnce: whether that holds on a node, too, that is delayed by choice: it reigns.
    public func commitAdvanced(to position: Position, history: EpochHistory, atOnce: Bool) {
        monitor.signal { state in
            state.appliesAtOnce = atOnce
            state.target = position
            state.history = history
        }
    }
}
