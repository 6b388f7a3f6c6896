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

    /// The member, or the replica that is about to become one, that lacks most, as far as a primary knows: one that was
    /// never heard of in this reign may lack everything. Nil on a node that is no primary, which knows of nobody.
    public var slowestMember: SlowestMember? {
        guard role == .primary else { return nil }
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
        return all.min { ($0.needs, $0.address) < ($1.needs, $1.address) }
    }

    /// The log begins with this record now.
    public mutating func pruned(to first: LogIndex) {
        log.first = max(log.first, first)
    }
}
