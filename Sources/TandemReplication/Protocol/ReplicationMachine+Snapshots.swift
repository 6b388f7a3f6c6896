import TandemLog

// A node that cannot go on from its own database and log: docs/REPLICATION.md, rules 14, 30 and 32.
extension ReplicationMachine {
    /// Why a snapshot is needed as soon as the node is opened, if so.
    static func need(
        atOpening log: LogSummary, applied: LogIndex, configuration: Configuration
    ) -> SnapshotNeed? {
        if log.first > applied.next { return .databaseBehind }
        return configuration.wantsSnapshot ? .requested : nil
    }

    /// Whether what the database holds must not be shown before the snapshot is here: it is incomplete, belongs to a history
    /// that was given up, or is nothing at all.
    var isUnfitForReads: Bool {
        switch snapshotNeed {
        case .databaseBehind, .diverged: true
        case .pruned: applied == .zero
        case .requested, nil: false
        }
    }

    /// Asks for a snapshot, and again with each connection that shows that it is still needed.
    mutating func fetchSnapshot(_ need: SnapshotNeed, from address: String) {
        if snapshotNeed != need || !isFetching { report(.snapshotNeeded(need)) }
        snapshotNeed = need
        isFetching = true
        keepsLog = false
        let minimum: LogIndex
        switch need {
        // What was shown here belongs to another history.
        case .diverged: minimum = .zero
        case .pruned, .databaseBehind, .requested: minimum = max(commit, applied)
        }
        perform(
            .fetchSnapshot(
                from: address, SnapshotRequest(group: durable.group, node: durable.node, minimum: minimum)))
    }

    /// Asks for the snapshot that is needed since the node was opened where an operator has said that there is one, without
    /// waiting for a primary: the node may be the one to be promoted (H16). Any that the log goes on from will do.
    mutating func fetchSnapshotAtOnce() {
        guard role == .replica, let need = snapshotNeed, let source = configuration.snapshotSource,
            durable.group != nil, log.last > .zero
        else { return }
        report(.snapshotNeeded(need))
        isFetching = true
        keepsLog = true
        perform(
            .fetchSnapshot(
                from: source,
                SnapshotRequest(group: durable.group, node: durable.node, minimum: log.first.previous)))
    }

    /// A primary that can be followed after all was found: what it lacked is no longer needed.
    mutating func reconsiderSnapshot(from address: String) {
        switch snapshotNeed {
        case nil: break
        case .diverged, .pruned:
            snapshotNeed = nil
            isFetching = false
            perform(.abandonSnapshot)
        case .databaseBehind: fetchSnapshot(.databaseBehind, from: address)
        case .requested: fetchSnapshot(.requested, from: address)
        }
    }

    /// A snapshot is here, whole and durable, beside what the node has.
    ///
    /// - Parameters:
    ///   - position: of the last record applied in it.
    ///   - group: whose it is.
    ///   - continuesLog: whether the node's log holds that very record, so that the database alone is replaced: nothing
    ///     that was acknowledged is lost. The log of a node that has diverged goes all the same.
    public mutating func snapshotReceived(
        at position: Position, of group: GroupID, continuesLog: Bool, now: Moment
    ) -> [Action] {
        let isOfGroup = durable.group == nil || durable.group == group
        guard role == .replica, isOfGroup, let need = snapshotNeed,
            continuesLog || !keepsLog && isWanted(position, for: need)
        else {
            isFetching = false
            perform(.abandonSnapshot)
            // It was overtaken by what has been applied and pruned here meanwhile.
            if case .following(let following) = upstream, let need = snapshotNeed {
                fetchSnapshot(need, from: following.address)
            }
            return finish()
        }
        closeUpstream(reason: "a snapshot is installed")
        upstream = .none
        let replacesLog = !continuesLog || need.isDiverged
        if replacesLog { giveUpLog(need, group: group) }
        report(.installingSnapshot(position, continuesLog: !replacesLog))
        perform(.installSnapshot(position, replacesLog: replacesLog))
        return finish()
    }

    /// Readers must not see an older state than before, where it is the same history.
    private func isWanted(_ position: Position, for need: SnapshotNeed) -> Bool {
        if mutations.contains(.anySnapshot) { return true }
        return switch need {
        case .diverged: true
        case .pruned, .requested, .databaseBehind: position.index >= max(commit, applied)
        }
    }

    /// The log that was acknowledged from goes: the node is not whole before, durably (H8, H20).
    private mutating func giveUpLog(_ need: SnapshotNeed, group: GroupID) {
        var changed = durable
        changed.group = group
        changed.reign = nil
        if !mutations.contains(.wholeWithoutItsLog) { changed.whole = false }
        if changed != durable {
            durable = changed
            persist()
        }
        if case .diverged(let common, let epoch) = need {
            perform(.keepLog(above: common, CutReason(epoch: epoch, common: common, commit: commit)))
        }
    }
}
