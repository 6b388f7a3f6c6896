import TandemLog

// Members whose address is another node's by now: whoever lost its disk comes back as somebody else (docs/REPLICATION.md,
// rules 4 and 28), and what it was stays a member that nobody sees.
extension ReplicationMachine {
    /// Who has the address of a member that is not connected, as far as a primary knows: this node itself, or another member
    /// that is connected. Nil for all other nodes.
    func replacement(of member: Member) -> ReplicationStatus.Replacement? {
        guard role == .primary, let members = log.memberRecords.last?.record.members, members.contains(member),
            member.node != durable.node, followers[member.node]?.connection == nil
        else { return nil }
        let successor = members.first { other in
            other.node != member.node && other.address == member.address
                && (other.node == durable.node || followers[other.node]?.connection != nil)
        }
        return successor.map { ReplicationStatus.Replacement(node: $0.node, removalNeedsForce: lacksAgreement) }
    }

    /// Whether too few members are connected for a rule in force, so that a removal is agreed to by nobody.
    private var lacksAgreement: Bool {
        log.recordsInForce(commit: commit).contains { placed in
            let connected = placed.record.members.count { followers[$0.node]?.connection != nil }
            return connected < placed.record.requiredAcknowledgements
        }
    }

    /// Says once of each such member in this reign that there is one.
    mutating func tellReplacedMembers() {
        for member in log.memberRecords.last?.record.members ?? [] {
            guard let replacement = replacement(of: member),
                reign?.replacedTold.insert(member.node).inserted == true
            else { continue }
            report(.memberReplaced(member, by: replacement))
        }
    }

    /// Those of `missing` whose address another node answered at, or has: this one.
    func replaced(among missing: [Member], in election: Election) -> [Member] {
        let answered = Set(election.promises.keys).union(election.refusals.keys)
        let others = electorate(of: election)
        return missing.filter { member in
            guard !answered.contains(member.node) else { return false }
            return member.address == configuration.address
                || others.contains {
                    $0.node != member.node && $0.address == member.address && answered.contains($0.node)
                }
        }
    }
}
