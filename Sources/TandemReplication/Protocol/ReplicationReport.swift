import TandemLog

/// What a node's log and status should say; nothing in the protocol depends on it.
public enum ReplicationReport: Hashable, Sendable {
    // A replica
    case following(primary: NodeID, epoch: Epoch, address: String, common: LogIndex, commit: LogIndex)
    case upstreamLost(address: String, reason: String)
    case refused(Refused, address: String)
    /// The node holds less than it acknowledged in this reign, so it is no longer whole (rule 31).
    case lostAcknowledged(acknowledged: LogIndex, holds: LogIndex)
    /// The node lacks nothing any more: it counts for promises and promotion (rule 30).
    case becameWhole(LogIndex)
    /// A cascade that is not whole, which it does not become, has what its upstream had to give.
    case cascadeCaughtUp(LogIndex)
    /// A snapshot is being fetched.
    case snapshotNeeded(SnapshotNeed)
    /// A snapshot takes the place of the database, and of the log where it does not continue that.
    case installingSnapshot(Position, continuesLog: Bool)
    // A starting node or candidate
    /// Waits for promises of this many more members, under the rule that is farthest from being met.
    case waitingForPromises(missing: Int, of: [Member])
    /// Starts without having heard of these members, as its rules allow (rules 6, 29). Loud.
    case startsWithout([Member])
    /// A reign begins; `loss` is what an operator has accepted with it, nil where nothing can be lost.
    case elected(Epoch, promisers: [NodeID], loss: AcceptedLoss?)
    case promotionGivenUp(PromotionFailure)
    /// This node would be promoted, say the members; nothing was changed.
    case promotionPossible
    // A primary
    case replicaConnected(NodeID, address: String, common: LogIndex)
    case replicaLost(NodeID, reason: String)
    /// A cascade gets what is committed from this node.
    case cascadeConnected(NodeID, address: String, common: LogIndex)
    case membersChanging(MemberRecord, at: LogIndex)
    /// A member is gone, and another node has its address: it counts until it is removed.
    case memberReplaced(Member, by: ReplicationStatus.Replacement)
    /// This node was started with other acknowledgements than are written down; from this record on its own count.
    case acknowledgementsChange(from: AcknowledgementRule, to: AcknowledgementRule, at: LogIndex)
    /// Commits go on without acknowledgements from this record on (rule 29). Loud until it ends.
    case degraded(at: LogIndex, waited: Duration)
    /// Acknowledgements count again from this record on, once it is committed.
    case degradingEnds(at: LogIndex)
    /// Writes are paused, for this replica to take over (rule 35).
    case handingOver(to: NodeID)
    case handOverGivenUp(HandOverFailure)
    case removalGivenUp(RemovalFailure)
    /// The newest record was written by a clock that is ahead of this node's, by so much: those that follow have its time,
    /// `newest`, in microseconds since 1970, until this node's clock has come there.
    case clockBehind(newest: UInt64, by: Duration)
    // Any
    case steppedDown(ReplicationMachine.StepDownReason)
    case problem(ReplicationProblem)

    /// What a promotion may lose that went without promises that it needs (rule 9).
    public struct AcceptedLoss: Hashable, Sendable {
        /// Members that have not promised: what they alone have is lost.
        public var missing: [Member]
        /// The last record of the new primary's log; nil for an empty one. Everything up to it stays.
        public var above: Position?
    }

    /// Who says that a primary is alive.
    public struct Sighting: Hashable, Sendable {
        /// The primary itself, or a member that follows it, which may be the node that was to be promoted.
        public var witness: NodeID
        /// Where the witness is; nil if it is no member that is known.
        public var address: String?
        /// Where the primary is, as far as the witness knows.
        public var primary: String?
        /// A primary that has been silent for so long is followed no more: one that has died was heard of for less.
        public var within: Duration

        /// Whether the primary has answered itself.
        public var isOwn: Bool { address != nil && address == primary }
    }

    /// Why a promotion was given up; nothing was changed but the promises asked for.
    public enum PromotionFailure: Hashable, Sendable {
        /// This node is not whole, or not a replica.
        case notEligible
        /// This node is a cascade: no member, by choice.
        case cascade
        /// This node's rows are not what its log says.
        case databaseDrifted
        /// This node's database takes nothing any more, for this reason.
        case databaseFailed(String)
        /// A primary is alive, as far as is known.
        case primaryAlive(Sighting)
        /// This member's log is ahead: promote it instead.
        case behind(NodeID, Position)
        /// `replaced` are those of the missing at whose address there is another node, which has joined since.
        case tooFewPromises(present: Int, missing: [Member], replaced: [Member])
        /// A member has promised a higher epoch.
        case superseded(by: Epoch)
        /// It has its promises, but the lease is another node's, or cannot be reached (rule 38).
        case withoutLease
        /// This node stands for promotion already.
        case underWay
        /// This node asks its members already, for a start, which goes on: only a promotion itself may end that.
        case starting
        /// A planned change to a node that has much to apply first, by choice (rule 39).
        case delayed
    }
}

extension ReplicationReport {
    /// Why a planned change of the primary was given up; this node goes on as before.
    public enum HandOverFailure: Hashable, Sendable {
        /// This node is no primary that takes writes.
        case notPrimary
        /// Another change is under way.
        case underWay
        /// The target is no member, or is not connected.
        case notConnected(NodeID)
        /// The target may lack what it acknowledged.
        case notWhole(NodeID)
        /// The target's database has drifted, or failed.
        case unsound(NodeID)
        /// The target applies late by choice, and would have to apply everything first (rule 39).
        case delayed(NodeID)
        /// Too few members are connected to promise the target its reign.
        case tooFewMembers(missing: [Member])
        /// It took too long: for the writer to come to rest, for the target to have everything, or for it to reign.
        case timedOut(isQuiet: Bool, isLevel: Bool)
    }

    /// Why a member was not removed.
    public enum RemovalFailure: Hashable, Sendable {
        /// This node is no primary.
        case notPrimary
        /// It is this node itself.
        case itself
        /// It is no member.
        case unknown(NodeID)
        /// It runs: it would be added again at once.
        case connected(NodeID)
        /// Another change is not committed yet.
        case underWay
        /// More acknowledgements would be asked for than replicas are left.
        case tooFewLeft(AcknowledgementRule)
        /// So few replicas are connected, which are not enough to agree under the rule in force.
        case tooFewPresent(Int)
    }
}

/// Why a node cannot follow or lead; stands in its status until it is over.
public enum ReplicationProblem: Hashable, Sendable {
    /// The database holds what the log does not: damage, or a lost log.
    case databaseBeyondLog(applied: Position, last: LogIndex)
    /// The database lacks records below the log's first: a snapshot is needed.
    case databaseBehindLog(applied: LogIndex, first: LogIndex)
    /// The primary's log differs from what was applied or committed here: a snapshot is needed.
    case diverged(common: LogIndex, applied: LogIndex, commit: LogIndex, epoch: Epoch)
    /// The primary's log begins after the common index: a snapshot is needed.
    case pruned(common: LogIndex, first: LogIndex)
    /// Started as primary, but it was not the last one to reign: it has to be promoted.
    case notLastPrimary
    /// Started as primary, but it may lack what it acknowledged.
    case notWhole
    /// Started as primary, but lacks what a member knows to be committed: its data directory is older than what it has
    /// acknowledged.
    case logOlderThanCommitted(last: LogIndex, committed: Position, member: NodeID)
    /// A primary that was started again lacks what a replica knows to be committed in its reign, beyond `common`: the replica
    /// is refused.
    case replicaKnowsMore(common: LogIndex, committed: Position, address: String)
    /// A member knows this node to have promised or led an epoch that it does not remember: a copy of its data directory has
    /// used its identity, or this is an old state of that itself.
    case epochForgotten(Epoch)
    /// Started as primary without a group.
    case noGroup
    /// Another node presents itself with this node's identity, or this node dials itself.
    case sameNode
    case otherGroup(address: String)
    case logFailed(String)
    /// What a replica needs of this primary's log is damaged or missing.
    case logUnreadable(String)
    /// No epoch is left: another node claims the highest possible counter.
    case epochsExhausted
}
