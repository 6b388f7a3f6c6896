import TandemLog

/// What `tandem status` shows of replication, as plain values.
public struct ReplicationStatus: Hashable, Sendable {
    /// One node of the group as its primary sees it; a replica knows only who the members are.
    public struct Peer: Hashable, Sendable {
        public var node: NodeID
        public var address: String
        public var isMember: Bool
        public var connected: Bool
        public var whole: Bool
        public var acknowledged: LogIndex
        public var applied: LogIndex
        /// Committed records it has not applied.
        public var lag: UInt64
        /// For how long it has been connected, or lost; nil if it was never heard of in this reign.
        public var since: Duration?
    }

    /// What a record waits for.
    public struct Wait: Hashable, Sendable {
        /// The first record that is not committed.
        public var index: LogIndex
        public var since: Duration
        /// Members whose acknowledgement is missing, those connected and those not.
        public var missing: [Member]
        public var flushedHere: Bool
    }

    public var role: ReplicationMachine.Role
    public var node: NodeID
    public var group: GroupID?
    /// The reign followed or led; nil if there is none at the moment.
    public var epoch: Epoch?
    public var promised: Epoch?
    public var whole: Bool
    public var primary: String?
    public var commit: LogIndex
    public var last: LogIndex
    public var flushed: LogIndex
    public var applied: LogIndex
    public var servesReads: Bool
    public var servesWrites: Bool
    public var peers: [Peer]
    /// The rule in force, as written down; nil for an empty log.
    public var acknowledgements: AcknowledgementRule?
    /// How many acknowledgements a commit needs now, and how many connected members there are to give them.
    public var acknowledgementsRequired: Int
    public var acknowledgementsPresent: Int
    /// What commits wait for; nil if nothing waits.
    public var waiting: Wait?
    /// For how long commits have gone on without acknowledgements; nil if they do not.
    public var degradedSince: Duration?
    public var problem: ReplicationProblem?
}

extension ReplicationMachine {
    /// The node's state at this moment, for people.
    public func status(now: Moment) -> ReplicationStatus {
        let record = log.memberRecords.last?.record
        let replicas = max(0, (record?.members.count ?? 1) - 1)
        let present = record?.members.count { followers[$0.node]?.connection != nil } ?? 0
        return ReplicationStatus(
            role: role, node: durable.node, group: durable.group, epoch: currentEpoch, promised: durable.promised,
            whole: durable.whole, primary: primaryAddress, commit: commit, last: log.last, flushed: log.flushed,
            applied: applied, servesReads: servesReads, servesWrites: servesWrites, peers: peers(now: now),
            acknowledgements: record?.acknowledgements,
            acknowledgementsRequired: record?.acknowledgements.required(replicas: replicas) ?? 0,
            acknowledgementsPresent: present, waiting: wait(now: now),
            degradedSince: reign?.degradedSince.map { now - $0 }, problem: problem)
    }

    /// The epoch this node leads or follows at the moment.
    public var currentEpoch: Epoch? {
        switch upstream {
        case .following(let following): following.epoch
        case .none, .waiting, .dialling: reign?.epoch
        }
    }

    private func peers(now: Moment) -> [ReplicationStatus.Peer] {
        let members = log.memberRecords.last?.record.members ?? []
        var result = members.filter { $0.node != durable.node }.map { member in
            peer(member.node, address: member.address, isMember: true, now: now)
        }
        for (node, follower) in followers.sorted(by: { $0.key < $1.key })
        where !members.contains(where: { $0.node == node }) {
            result.append(peer(node, address: follower.address, isMember: false, now: now))
        }
        return result
    }

    private func peer(_ node: NodeID, address: String, isMember: Bool, now: Moment) -> ReplicationStatus.Peer {
        let follower = followers[node]
        let applied = follower?.applied ?? .zero
        return ReplicationStatus.Peer(
            node: node, address: follower?.address ?? address, isMember: isMember,
            connected: follower?.connection != nil, whole: follower?.whole ?? false,
            acknowledged: follower?.acknowledged ?? .zero, applied: applied, lag: commit.distance(from: applied),
            since: follower.map { now - $0.since })
    }

    private func wait(now: Moment) -> ReplicationStatus.Wait? {
        guard let reign, let since = reign.waitingSince, commit < log.last else { return nil }
        let index = commit.next
        let missing = otherMembers().filter { (followers[$0.node]?.acknowledged ?? .zero) < index }
        return ReplicationStatus.Wait(
            index: index, since: now - since, missing: missing, flushedHere: log.flushed >= index)
    }
}
