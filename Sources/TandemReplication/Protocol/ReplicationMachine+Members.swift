import TandemLog

// Members, and acknowledgements that change: docs/REPLICATION.md, rules 26 to 29.
extension ReplicationMachine {
    /// Appends a member record if the members should differ from what is written down: a new replica is level, an
    /// address or the acknowledgements asked for have changed, or degrading can end.
    mutating func considerMembers(now: Moment) {
        guard role == .primary, let reign, reign.handOver == nil, let last = log.memberRecords.last else { return }
        let lacksMembers = isUnsatisfiable(last.record)
        let isFirst = last.index <= reign.epochIndex || last.record.forced
        guard last.index <= commit || lacksMembers && isFirst else { return }
        guard reign.established || lacksMembers else { return }
        let wanted = desiredMembers(from: last.record)
        guard wanted != last.record else { return }
        if isDegraded(last.record), !isDegraded(wanted) {
            report(.degradingEnds(at: log.last.next))
        } else if wanted.acknowledgements != last.record.acknowledgements {
            let (before, after) = (last.record.acknowledgements, wanted.acknowledgements)
            report(.acknowledgementsChange(from: before, to: after, at: log.last.next))
        }
        append(wanted, now: now)
    }

    func isUnsatisfiable(_ record: MemberRecord) -> Bool {
        let replicas = record.members.count - 1
        return record.acknowledgements.required(replicas: replicas) > replicas
    }

    mutating func append(_ record: MemberRecord, now: Moment) {
        guard let reign else { return }
        let index = log.last.next
        report(.membersChanging(record, at: index))
        perform(.appendMemberRecord(record, at: index, epoch: reign.epoch, knownCommit: commit))
        log.last = index
        log.noteMembers(record, at: index)
        self.reign?.contentFree.append(index)
        if !isDegraded(record) { self.reign?.degradedSince = nil }
        noteWaiting(now: now)
        perform(.streamAppended)
        perform(.flushLog)
        considerReadiness()
    }

    /// The record as it should be.
    private func desiredMembers(from record: MemberRecord) -> MemberRecord {
        var wanted = record
        for offset in wanted.members.indices {
            let node = wanted.members[offset].node
            if node == durable.node { wanted.members[offset].address = configuration.address }
            if let follower = followers[node], follower.connection != nil {
                wanted.members[offset].address = follower.address
            }
        }
        let newcomers = followers.filter { node, follower in
            follower.connection != nil && follower.whole && isLevel(follower)
                && !record.members.contains { $0.node == node }
        }
        for (node, follower) in newcomers.sorted(by: { $0.key < $1.key }) {
            wanted.members.append(Member(node: node, address: follower.address))
        }
        if let asked = configuration.acknowledgements { adopt(asked, in: &wanted, from: record) }
        guard wanted != record, !isUnsatisfiable(wanted) else { return record }
        wanted.forced = false
        return wanted
    }

    /// Takes over the acknowledgements asked for, unless there are too few members for them, or too few of them are
    /// level for degrading to end, or for more acknowledgements than are written down: a record that asks for those of a
    /// member that is gone would not be committed, nor any change of the members behind it that could help (rule 27).
    private func adopt(_ asked: AcknowledgementRule, in wanted: inout MemberRecord, from record: MemberRecord) {
        let replicas = wanted.members.count - 1
        let required = asked.required(replicas: replicas)
        guard required <= replicas else { return }
        let mayDegrade = configuration.degradeAfter != nil
        if replicas - membersNotLevel(in: wanted).count < required {
            if isDegraded(record) { return }
            // Where degrading is allowed, and written down, it lets commits go on after such a record.
            let isHigher = required > record.acknowledgements.required(replicas: replicas)
            // A new member may make it the higher one, while writes are executed already: they are to be bound by it.
            if isHigher, reign?.ready != true, !(record.mayDegrade && mayDegrade) {
                // With no acknowledgements at all the group would be taken for degraded.
                if record.acknowledgements != .count(0) { wanted.mayDegrade = mayDegrade }
                return
            }
        }
        wanted.acknowledgements = asked
        wanted.mayDegrade = mayDegrade
    }

    /// The members besides this node that are not connected, or not level.
    func membersNotLevel(in record: MemberRecord) -> [Member] {
        record.members.filter { $0.node != durable.node && !(followers[$0.node].map(isLevel) ?? false) }
    }

    private func isLevel(_ follower: Follower) -> Bool {
        follower.connection != nil && log.last.distance(from: follower.acknowledged) <= configuration.levelDistance
            && (follower.acknowledged > .zero)
    }

    /// The acknowledgements the operator asks for now, if they are not written down yet and ask for more: no write
    /// is executed meanwhile, so that none is committed with less. Nil while commits go on degraded.
    func stricterRule(than record: MemberRecord) -> AcknowledgementRule? {
        guard let asked = configuration.acknowledgements, asked != record.acknowledgements, !isDegraded(record) else {
            return nil
        }
        let replicas = record.members.count - 1
        guard asked.required(replicas: replicas) > record.acknowledgements.required(replicas: replicas) else {
            return nil
        }
        return asked
    }

    /// Whether this record is one that degrades: it allows it, and needs no acknowledgement though some are asked for.
    func isDegraded(_ record: MemberRecord) -> Bool {
        guard let asked = configuration.acknowledgements, asked != .count(0) else { return false }
        return record.mayDegrade && record.acknowledgements == .count(0)
    }

    /// Lets commits go on without the replicas that are missing, where that is allowed, after the stated time, by a
    /// record and loudly (rule 29).
    mutating func considerDegrading(now: Moment) {
        guard let reign, reign.handOver == nil, let limit = configuration.degradeAfter,
            let last = log.memberRecords.last
        else { return }
        if isDegraded(last.record) {
            if reign.degradedSince == nil { self.reign?.degradedSince = now }
            return
        }
        guard last.record.mayDegrade, let since = reign.waitingSince, now - since >= limit else { return }
        let committed = log.recordsInForce(commit: commit).first?.record
        let replicas = last.record.members.count - 1
        let required = last.record.acknowledgements.required(replicas: replicas)
        let connected = last.record.members.count { followers[$0.node]?.connection != nil }
        guard required > connected, committed?.mayDegrade == true else { return }
        var record = last.record
        record.acknowledgements = .count(0)
        report(.degraded(at: log.last.next, waited: now - since))
        self.reign?.degradedSince = now
        append(record, now: now)
    }
}
