import TandemLog

/// What `tandem status` shows of replication, as plain values.
public struct ReplicationStatus: Hashable, Sendable {
    /// One node of the group as its primary sees it; a replica knows only who the members are.
    public struct Peer: Hashable, Sendable {
        public var node: NodeID
        public var address: String
        public var isMember: Bool
        /// It follows this very node as a cascade, and counts for nothing (rule 34).
        public var isCascade = false
        public var connected: Bool
        public var whole: Bool
        /// What was sent to it, what it has written, flushed and applied.
        public var sent: LogIndex = .zero
        public var written: LogIndex = .zero
        public var acknowledged: LogIndex
        public var applied: LogIndex
        /// Committed records it has not applied.
        public var lag: UInt64
        /// For how long it has been connected, or lost; nil if it was never heard of in this reign.
        public var since: Duration?
        public var lags = ReplicaLags()
        /// For how long nothing has been heard of it; nil if it never was in this reign.
        public var silence: Duration?
        /// Who has the address of a member that is gone; known to a primary alone.
        public var replacement: Replacement?
    }

    /// The node at the address of a member that is gone.
    public struct Replacement: Hashable, Sendable {
        public var node: NodeID
        /// Whether the member can be removed by force alone, because too few others are connected to agree.
        public var removalNeedsForce: Bool
    }

    /// What a record waits for.
    public struct Wait: Hashable, Sendable {
        /// The first record that is not committed.
        public var index: LogIndex
        public var since: Duration
        /// Members whose acknowledgement is missing, those connected and those not.
        public var missing: [Member]
        public var flushedHere: Bool
        /// How many of the records that are not committed are transactions.
        public var transactions: Int
    }

    /// Why a node that was started as primary does not take writes yet.
    public enum Obstacle: Hashable, Sendable {
        /// Promises of so many more of these members, for so long.
        case promises(missing: Int, of: [Member], since: Duration)
        /// More acknowledgements are asked for than there are replicas: so many have to join.
        case replicas(missing: Int)
        /// More acknowledgements are asked for than members are level to give: so many of these have to connect and
        /// catch up.
        case levelMembers(missing: Int, of: [Member])
        /// The lease, which another node holds or nobody can be asked for.
        case lease
        /// The database has to be brought up to this record, which is committed.
        case database(LogIndex)
    }

    /// A promotion of this node that came to nothing.
    public struct FailedPromotion: Hashable, Sendable {
        public var failure: ReplicationReport.PromotionFailure
        /// How long ago that was.
        public var since: Duration
    }

    public var role: ReplicationMachine.Role
    public var node: NodeID
    public var group: GroupID?
    /// The reign followed or led; nil if there is none at the moment.
    public var epoch: Epoch?
    public var promised: Epoch?
    public var whole: Bool
    public var primary: String?
    /// For how long nothing has been heard of the node that is followed; nil where none is.
    public var silence: Duration?
    /// Whom the node follows as a cascade; nil if it is none.
    public var cascadeOf: String?
    public var commit: LogIndex
    /// The highest commit index this node has been told; a replica may lack records below it.
    public var announced: LogIndex
    public var last: LogIndex
    public var flushed: LogIndex
    public var applied: LogIndex
    public var servesReads: Bool
    public var servesWrites: Bool
    public var peers: [Peer]
    /// The rule commits are to have: as written down, or on a primary as asked for where that is stricter; nil for an
    /// empty log.
    public var acknowledgements: AcknowledgementRule?
    /// How many acknowledgements that makes, and how many connected members there are to give them.
    public var acknowledgementsRequired: Int
    public var acknowledgementsPresent: Int
    /// What commits wait for; nil if nothing waits.
    public var waiting: Wait?
    /// Why no writes are taken yet, where it is not the acknowledgements of ``waiting``; nil if they are.
    public var obstacle: Obstacle?
    /// For how long commits have gone on without acknowledgements; nil if they do not.
    public var degradedSince: Duration?
    public var problem: ReplicationProblem?
    /// The last promotion of this node, where that has failed, and it has neither led nor followed since; else nil.
    public var failedPromotion: FailedPromotion?
}

extension ReplicationMachine {
    /// The node's state at this moment, for people.
    public func status(now: Moment) -> ReplicationStatus {
        let record = log.memberRecords.last?.record
        let replicas = max(0, (record?.members.count ?? 1) - 1)
        let present = record?.members.count { followers[$0.node]?.connection != nil } ?? 0
        let rule = record.map(ruleAskedFor)
        return ReplicationStatus(
            role: role, node: durable.node, group: durable.group, epoch: currentEpoch, promised: durable.promised,
            whole: durable.whole, primary: primaryAddress, silence: upstreamSilence(now: now),
            cascadeOf: cascadeUpstream, commit: commit,
            announced: announced, last: log.last, flushed: log.flushed, applied: applied, servesReads: servesReads,
            servesWrites: servesWrites, peers: peers(now: now), acknowledgements: rule,
            acknowledgementsRequired: rule?.required(replicas: replicas) ?? 0, acknowledgementsPresent: present,
            waiting: wait(now: now), obstacle: obstacle(now: now),
            degradedSince: reign?.degradedSince.map { now - $0 }, problem: problem,
            failedPromotion: failedPromotion.map {
                ReplicationStatus.FailedPromotion(failure: $0.failure, since: now - $0.at)
            })
    }

    private func upstreamSilence(now: Moment) -> Duration? {
        guard case .following(let following) = upstream else { return nil }
        return now - following.lastHeard
    }

    /// The epoch this node leads or follows at the moment.
    public var currentEpoch: Epoch? {
        switch upstream {
        case .following(let following): following.epoch
        case .none, .waiting, .dialling: reign?.epoch
        }
    }

    /// The highest commit index this node has been told.
    public var announced: LogIndex {
        guard case .following(let following) = upstream else { return commit }
        return max(commit, following.announced)
    }

    /// The rule of `record`, or what the operator asks for where the record asks for less, for a while or not yet.
    private func ruleAskedFor(_ record: MemberRecord) -> AcknowledgementRule {
        if isDegraded(record), let asked = configuration.acknowledgements { return asked }
        return stricterRule(than: record) ?? record.acknowledgements
    }

    private func obstacle(now: Moment) -> ReplicationStatus.Obstacle? {
        if awaitsLease { return .lease }
        if role == .starting, let election {
            let waited = now - election.began >= configuration.missingMemberWait
            let silent = otherMembers().filter { election.promises[$0.node] == nil }
            return .promises(
                missing: missingForStart(election, waited: waited), of: silent, since: now - election.began)
        }
        guard let reign, !reign.ready, let record = log.memberRecords.last?.record else { return nil }
        let replicas = record.members.count - 1
        let missing = ruleAskedFor(record).required(replicas: replicas) - replicas
        if missing > 0 { return .replicas(missing: missing) }
        if reign.established, let asked = stricterRule(than: record) {
            let behind = membersNotLevel(in: record)
            let missing = asked.required(replicas: replicas) - replicas + behind.count
            if missing > 0 { return .levelMembers(missing: missing, of: behind) }
        }
        let through = max(reign.epochIndex, reign.recoverThrough)
        return commit >= through && applied < through ? .database(through) : nil
    }

    private func peers(now: Moment) -> [ReplicationStatus.Peer] {
        let members = log.memberRecords.last?.record.members ?? []
        var result = members.filter { $0.node != durable.node }.map { member in
            var known = peer(member.node, address: member.address, isMember: true, now: now)
            known.replacement = replacement(of: member)
            return known
        }
        for (node, follower) in followers.sorted(by: { $0.key < $1.key })
        where !members.contains(where: { $0.node == node }) {
            result.append(peer(node, address: follower.address, isMember: false, now: now))
        }
        for relay in relays.values.sorted(by: { $0.node < $1.node }) {
            var peer = peer(relay.node, relay.progress, address: relay.progress.address, isMember: false, now: now)
            peer.isCascade = true
            result.append(peer)
        }
        return result
    }

    private func peer(_ node: NodeID, address: String, isMember: Bool, now: Moment) -> ReplicationStatus.Peer {
        peer(node, followers[node], address: address, isMember: isMember, now: now)
    }

    private func peer(
        _ node: NodeID, _ follower: Follower?, address: String, isMember: Bool, now: Moment
    ) -> ReplicationStatus.Peer {
        let applied = follower?.applied ?? .zero
        return ReplicationStatus.Peer(
            node: node, address: follower?.address ?? address, isMember: isMember,
            connected: follower?.connection != nil, whole: follower?.whole ?? false,
            sent: follower?.sent ?? .zero, written: follower?.written ?? .zero,
            acknowledged: follower?.acknowledged ?? .zero, applied: applied, lag: commit.distance(from: applied),
            since: follower.map { now - $0.since },
            // Only a primary knows when what was appended.
            lags: follower.flatMap { role == .primary ? lags($0, now: now) : nil } ?? ReplicaLags(),
            silence: follower.map { now - $0.lastHeard })
    }

    private func lags(_ follower: Follower, now: Moment) -> ReplicaLags {
        ReplicaLags(
            write: follower.writeLag.value(at: follower.written, appended, now: now),
            flush: follower.flushLag.value(at: follower.acknowledged, appended, now: now),
            replay: follower.replayLag.value(at: follower.applied, appended, now: now))
    }

    private func wait(now: Moment) -> ReplicationStatus.Wait? {
        guard let reign, let since = reign.waitingSince, commit < log.last else { return nil }
        let index = commit.next
        let missing = otherMembers().filter { (followers[$0.node]?.acknowledged ?? .zero) < index }
        return ReplicationStatus.Wait(
            index: index, since: now - since, missing: missing, flushedHere: log.flushed >= index,
            transactions: Int(log.last.distance(from: commit)) - reign.contentFree.count { $0 > commit })
    }
}
