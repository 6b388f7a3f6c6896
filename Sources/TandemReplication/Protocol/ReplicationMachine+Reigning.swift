import TandemLog

// A reign's number, its beginning and its readiness: docs/REPLICATION.md, rules 5, 10, 12.
extension ReplicationMachine {
    /// 1 + the highest counter this node has promised or heard of (rule 5); nil if there is none.
    func nextEpoch() -> Epoch? {
        guard highestCounter < .max else { return nil }
        return Epoch(
            counter: highestCounter + 1, node: mutations.contains(.epochsWithoutOwner) ? .nobody : durable.node)
    }

    /// Elected, or the first set-up: makes the reign durable and begins it with its epoch record (rule 10).
    mutating func beginReign(
        _ epoch: Epoch, promises: [NodeID: PromiseAnswer.Promised], continuing: Epoch? = nil,
        loss: ReplicationReport.AcceptedLoss? = nil, now: Moment
    ) {
        note(counterOf: epoch)
        durable.promised = epoch
        durable.reign = epoch
        durable.continues = continuing
        persist()
        closeUpstream(reason: "this node is elected primary")
        role = .primary
        upstream = .none
        problem = nil
        failedPromotion = nil
        if !mutations.contains(.acknowledgementsOfAnyEpoch) {
            followers = [:]
            connections = [:]
        }
        let promisers = promises.keys.sorted()
        report(.elected(epoch, promisers: promisers, loss: loss))
        let index = log.last.next
        reign = Reign(epoch: epoch, epochIndex: index, announced: now, contentFree: [index])
        if mutations.contains(.noEpochRecord) {
            reign?.contentFree = []
            perform(.flushLog)
            return
        }
        var positions = promisers.map { EpochRecord.Promise(node: $0, position: promises[$0]?.position) }
        positions.append(EpochRecord.Promise(node: durable.node, position: log.position(at: log.last)))
        let record = EpochRecord(epoch: epoch, promises: positions, members: membersOfNewReign(), forced: loss != nil)
        perform(.appendEpochRecord(record, at: index, knownCommit: commit))
        log.last = index
        log.history.begin(epoch, at: index)
        log.noteMembers(record.members, at: index)
        appended = AppendMoments()
        appended.appended(index, at: now)
        noteWaiting(now: now)
        perform(.streamAppended)
        perform(.flushLog)
    }

    private func membersOfNewReign() -> MemberRecord {
        if let last = log.memberRecords.last { return last.record }
        return MemberRecord(
            members: [Member(node: durable.node, address: configuration.address)],
            acknowledgements: configuration.acknowledgements ?? .count(0),
            mayDegrade: configuration.degradeAfter != nil)
    }

    /// Becomes ready once the epoch record, and what a failed COMMIT left behind, is committed and applied (rule 12),
    /// and no more acknowledgements are asked for than are written down.
    mutating func considerReadiness() {
        guard let reign, !reign.ready, role == .primary else { return }
        let early = mutations.contains(.writeBeforeReady) || mutations.contains(.noEpochRecord)
        guard early || commit >= reign.epochIndex && applied >= max(reign.epochIndex, reign.recoverThrough) else {
            return
        }
        self.reign?.established = true
        if let last = log.memberRecords.last, stricterRule(than: last.record) != nil { return }
        self.reign?.ready = true
        perform(.becameReady(reign.epoch))
    }

    mutating func note(counterOf epoch: Epoch?) {
        if let epoch { highestCounter = max(highestCounter, epoch.counter) }
    }
}

extension NodeID {
    /// Stands for "no owner" in a planted mistake.
    static let nobody = NodeID(UniqueID(high: 0, low: 0))
}
