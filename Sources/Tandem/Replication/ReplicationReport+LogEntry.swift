import TandemLog
import TandemReplication

extension ReplicationReport {
    /// What the node's log says of it.
    ///
    /// - Parameter followed: what the node that is followed is called.
    func logEntry(follows followed: String) -> ReplicationLogEntry {
        switch self {
        // A replica
        case .following(let primary, let epoch, let address, let common, let commit):
            .following(followed, primary, in: epoch, at: address, common: common, commit: commit)
        case .upstreamLost(let address, let reason):
            .init(
                .notice, "the connection to the \(followed) is lost", ["address": "\(address)", "reason": "\(reason)"])
        case .refused(let refused, let address):
            .init(.notice, "refused by another node", ["address": "\(address)", "reason": "\(refused.reason)"])
        case .lostAcknowledged(let acknowledged, let holds): .lost(acknowledged, holds: holds)
        case .becameWhole(let index): .init(.info, "this node is whole", ["index": "\(index)"])
        case .cascadeCaughtUp(let index): .init(.info, "this cascade has caught up", ["index": "\(index)"])
        case .snapshotNeeded(let need):
            .init(.notice, "a snapshot is needed", ["because": "\(need.words(follows: followed))"])
        case .installingSnapshot(let position, let continuesLog): .installing(position, keepsLog: continuesLog)
        // A starting node or candidate
        case .waitingForPromises(let missing, let members): .waiting(missing: missing, of: members)
        case .startsWithout(let members): .startsWithout(members)
        case .elected(let epoch, let promisers, let loss): .elected(epoch, by: promisers, loss: loss)
        case .promotionGivenUp(let failure): .givenUp("promotion given up", failure.words(among: []))
        case .promotionPossible: .init(.info, "this node would be promoted, as an operator wanted to know")
        // A primary
        case .replicaConnected(let node, let address, let common):
            .connected("a replica", node, at: address, common: common)
        case .cascadeConnected(let node, let address, let common):
            .connected("a cascade", node, at: address, common: common)
        case .replicaLost(let node, let reason):
            .init(.notice, "a replica is gone", ["node": "\(node)", "reason": "\(reason)"])
        case .membersChanging(let record, let index): .changing(record, at: index)
        case .memberReplaced(let member, let replacement): .replaced(member, by: replacement)
        case .acknowledgementsChange(let before, let after, let index): .changing(before, to: after, at: index)
        case .degraded(let index, let waited): .degraded(from: index, waited: waited)
        case .degradingEnds(let index):
            .init(.notice, "degrading ends: acknowledgements count again", ["from": "\(index)"])
        case .handingOver(let target):
            .init(.notice, "writes are paused for another node to take over", ["node": "\(target)"])
        case .handOverGivenUp(let failure): .givenUp("the hand-over was given up", failure.words(among: []))
        case .removalGivenUp(let failure): .givenUp("a member was not removed", failure.words(among: []))
        case .clockBehind(_, let difference): .clockBehind(by: difference)
        // Any
        case .steppedDown(let reason): .init(.error, "this node stepped down", ["reason": "\(reason)"])
        case .problem(let problem):
            .init(.error, "this node has a problem", ["problem": "\(problem.words(follows: followed))"])
        }
    }
}

// Of a node that follows.
extension ReplicationLogEntry {
    fileprivate static func following(
        _ followed: String, _ primary: NodeID, in epoch: Epoch, at address: String, common: LogIndex, commit: LogIndex
    ) -> Self {
        Self(
            .info, "following the \(followed)",
            [
                "primary": "\(primary)", "address": "\(address)", "epoch": "\(epoch)", "common": "\(common)",
                "commit": "\(commit)",
            ])
    }

    fileprivate static func lost(_ acknowledged: LogIndex, holds: LogIndex) -> Self {
        Self(
            .error, "this node has lost records it had acknowledged; it is not whole until it has them again",
            ["acknowledged": "\(acknowledged)", "holds": "\(holds)"])
    }

    fileprivate static func installing(_ position: Position, keepsLog: Bool) -> Self {
        Self(
            .notice, "the node is opened anew with a snapshot",
            ["position": "\(position)", "log": "\(keepsLog ? "kept" : "replaced")"])
    }
}

// Of a node that is about to reign.
extension ReplicationLogEntry {
    fileprivate static func waiting(missing: Int, of members: [Member]) -> Self {
        Self(
            .notice, "waiting for members to promise the new epoch",
            ["missing": "\(missing)", "members": "\(members.map(\.address))"])
    }

    fileprivate static func startsWithout(_ members: [Member]) -> Self {
        Self(
            .warning, "starting WITHOUT having heard of these members, as the acknowledgement rule allows",
            ["members": "\(members.map(\.address))"])
    }

    fileprivate static func elected(
        _ epoch: Epoch, by promisers: [NodeID], loss: ReplicationReport.AcceptedLoss?
    ) -> Self {
        guard let loss else {
            return Self(.info, "a new epoch begins here", ["epoch": "\(epoch)", "promised by": "\(promisers)"])
        }
        return Self(
            .warning, "a new epoch begins here by force (ACCEPT DATA LOSS): what these members alone have is lost",
            [
                "epoch": "\(epoch)", "promised by": "\(promisers)", "missing": "\(loss.missing.map(\.address))",
                "above": "\(loss.above.map(\.description) ?? "0")",
            ])
    }
}

// Of what an operator has asked for.
extension ReplicationLogEntry {
    fileprivate static func givenUp(_ message: String, _ reason: String) -> Self {
        Self(.warning, message, ["reason": "\(reason)"])
    }
}

// Of a primary and its members.
extension ReplicationLogEntry {
    fileprivate static func connected(
        _ what: String, _ node: NodeID, at address: String, common: LogIndex
    ) -> Self {
        Self(.info, "\(what) has connected", ["node": "\(node)", "address": "\(address)", "common": "\(common)"])
    }

    fileprivate static func changing(_ record: MemberRecord, at index: LogIndex) -> Self {
        Self(
            .notice, "the members change",
            [
                "index": "\(index)", "members": "\(record.members.map(\.address))",
                "acknowledgements": "\(record.acknowledgements)", "degrades": "\(record.mayDegrade)",
                "forced": "\(record.forced)",
            ])
    }

    fileprivate static func replaced(_ member: Member, by replacement: ReplicationStatus.Replacement) -> Self {
        let removal = ReplicationStatus.removal(of: member.node, replacement, at: "PRIMARY")
        return Self(
            .warning, "a member is gone, and another node has its address: it counts as a member until it is removed",
            [
                "node": "\(member.node)", "address": "\(member.address)", "now": "\(replacement.node)",
                "do": "\(removal), while this primary lives",
            ])
    }

    fileprivate static func changing(
        _ before: AcknowledgementRule, to after: AcknowledgementRule, at index: LogIndex
    ) -> Self {
        Self(
            .notice, "the acknowledgements that commits wait for change, to those this node was started with",
            ["from": "\(before)", "to": "\(after)", "index": "\(index)"])
    }

    fileprivate static func degraded(from index: LogIndex, waited: Duration) -> Self {
        Self(
            .critical, "DEGRADED: commits go on WITHOUT the acknowledgements asked for",
            ["from": "\(index)", "waited": "\(waited)"])
    }

    fileprivate static func clockBehind(by difference: Duration) -> Self {
        Self(
            .error,
            "this node's clock is behind the newest record: transactions get that one's commit time until it has caught up",
            ["seconds": "\(difference.secondsText)", "do": "set the clocks; see docs/OPERATIONS.md, The time is wrong"])
    }
}
