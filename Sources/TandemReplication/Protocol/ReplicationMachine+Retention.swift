import TandemLog

// What of the log others need: docs/REPLICATION.md, rule 33 and H18.
extension ReplicationMachine {
    /// Which member lacks records, and from which on.
    public struct SlowestMember: Hashable, Sendable {
        public var address: String
        /// The first record that it is not known to have.
        public var needs: LogIndex
        public var isConnected: Bool
    }

    /// The member, or the replica that is about to become one, or the cascade, that lacks most, as far as a primary knows:
    /// a member that was never heard of in this reign may lack everything. A node that is no primary knows of the cascades
    /// that are connected to it. Nil if nobody is known.
    public var slowestMember: SlowestMember? {
        var all = relays.values.map { relay in
            let held = max(relay.progress.acknowledged, relay.progress.base)
            return SlowestMember(address: relay.progress.address, needs: held.next, isConnected: true)
        }
        if role == .primary { all += slowestFollowers }
        return all.min { ($0.needs, $0.address) < ($1.needs, $1.address) }
    }

    private var slowestFollowers: [SlowestMember] {
        var all: [SlowestMember] = []
        for (_, follower) in followers where follower.connection != nil {
            all.append(
                SlowestMember(
                    address: follower.address, needs: max(follower.acknowledged, follower.base).next, isConnected: true)
            )
        }
        for member in otherMembers() where followers[member.node]?.connection == nil {
            let known = followers[member.node]?.highestAcknowledged ?? .zero
            all.append(SlowestMember(address: member.address, needs: known.next, isConnected: false))
        }
        return all
    }

    /// The log begins with this record now.
    public mutating func pruned(to first: LogIndex) {
        log.first = max(log.first, first)
    }
}
