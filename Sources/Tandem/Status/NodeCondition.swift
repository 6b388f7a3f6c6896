import TandemLog
import TandemReplication

/// What a node does at the moment, in a word, and what it waits for, in a few.
struct NodeCondition: Equatable {
    /// `ready` is a node that does what its role is for.
    var state: String
    /// Nil where nothing is waited for.
    var waitingFor: String?

    /// A wait of acknowledgements up to so long is the course of things while replicas are there to give them.
    static let patience = Duration.seconds(1)
    /// A replica that is so many transactions behind, or by ``patience``, shows what is no longer true.
    static let lagLimit: UInt64 = 10_000

    init(_ state: String, waitingFor: String? = nil) {
        self.state = state
        self.waitingFor = waitingFor
    }

    /// - Parameters:
    ///   - delay: how old a transaction has to be before it is applied here, by choice.
    ///   - lag: for how long the oldest committed transaction has been waiting to be applied here.
    ///   - timesAhead: by how much the commit time of that transaction is ahead of this node's clock, where it is delayed.
    ///   - upstreamFailure: why no primary is followed, as far as is known.
    ///   - lease: what the group's lease is, in words; nil where there is none.
    init(
        _ status: ReplicationStatus, lag: Duration?, delay: Duration? = nil, timesAhead: Duration? = nil,
        upstreamFailure: String? = nil, lease: String? = nil
    ) {
        let obstacle = status.obstacle?.words(among: status.peers, lease: lease)
        switch status.role {
        case .idle: self.init("opening")
        case .starting: self.init("starting", waitingFor: obstacle.map { $0 + status.failedPromotionWords })
        case .candidate: self.init("candidate", waitingFor: obstacle)
        case .failed: self.init("failed")
        case .primary: self = .ofPrimary(status, obstacle: obstacle)
        case .replica where status.epoch == nil:
            self.init(
                "connecting",
                waitingFor: status.upstreamWords(upstreamFailure, lease: lease) + status.failedPromotionWords)
        case .replica: self = .ofReplica(status, lag: lag, delay: delay, timesAhead: timesAhead)
        }
    }

    private static func ofPrimary(_ status: ReplicationStatus, obstacle: String?) -> NodeCondition {
        guard status.servesWrites else {
            return NodeCondition("waiting for replicas", waitingFor: obstacle ?? status.waiting?.words(in: status))
        }
        if status.degradedSince != nil { return NodeCondition("degraded") }
        let missing = status.acknowledgementsRequired - status.acknowledgementsPresent
        if let waiting = status.waiting, missing > 0 || waiting.since >= patience {
            return NodeCondition("waiting for acknowledgements", waitingFor: waiting.words(in: status))
        }
        guard missing > 0 else { return NodeCondition("ready") }
        return NodeCondition("waiting for replicas", waitingFor: status.replicasToConnect(missing))
    }

    private static func ofReplica(
        _ status: ReplicationStatus, lag: Duration?, delay: Duration?, timesAhead: Duration?
    ) -> NodeCondition {
        guard status.servesReads else {
            return NodeCondition("catching up", waitingFor: "the records it showed before its restart")
        }
        let behind = status.announced.distance(from: status.applied)
        if let delay {
            // What it has not received, or not applied although it is old enough, is behind; what is young is not.
            if behind > 0, let lag, lag >= delay + patience {
                return NodeCondition("lagging", waitingFor: status.lagWords(behind))
            }
            // Clocks of two machines are never quite the same.
            guard let timesAhead, timesAhead >= patience else { return NodeCondition("delayed") }
            return NodeCondition(
                "delayed",
                waitingFor:
                    "its clock, which is \(timesAhead.secondsText) s behind the commit time of the next transaction; it is applied \(delay.secondsText) s after that"
            )
        }
        let isLagging = behind > lagLimit || behind > 0 && lag.map { $0 >= patience } ?? false
        return NodeCondition(isLagging ? "lagging" : "ready", waitingFor: isLagging ? status.lagWords(behind) : nil)
    }
}

extension ReplicationStatus {
    /// Whom a replica waits for that follows nobody. Where nobody holds the lease, nobody reigns who could accept it.
    fileprivate func upstreamWords(_ failure: String?, lease: String?) -> String {
        let upstream = cascadeOf.map { "its upstream, \($0)," }
        let target = upstream ?? primary.map { "the primary at \($0)" } ?? "a primary"
        let reason = failure.map { " (\($0))" } ?? ""
        return "\(target) to accept this node\(reason)" + (lease.map { "; the group's lease is \($0)" } ?? "")
    }

    /// What this node's last promotion has failed for; nothing where there was none, or it has led or followed since.
    fileprivate var failedPromotionWords: String {
        guard let failedPromotion else { return "" }
        let reason = failedPromotion.failure.words(among: peers)
        return "; its promotion \(failedPromotion.since.secondsText) s ago failed: \(reason)"
    }

    /// Which members have to connect before a commit can have its acknowledgements.
    fileprivate func replicasToConnect(_ missing: Int) -> String {
        let absent = peers.filter { $0.isMember && !$0.connected }.map { peers.name(of: $0.node) }
        return "\(missing) of \(absent.joined(separator: ", ")) to connect: commits wait for that"
    }

    /// Whether the network or the disk and the database are behind.
    fileprivate func lagWords(_ behind: UInt64) -> String {
        let unreceived = announced.distance(from: flushed)
        return unreceived > behind / 2
            ? "\(unreceived) transactions that \(cascadeOf == nil ? "the primary" : "its upstream") has still to send"
            : "\(behind) transactions to be applied here"
    }
}

extension ReplicationStatus.Wait {
    /// Who has to do what before the record is committed.
    fileprivate func words(in status: ReplicationStatus) -> String {
        let time = "for \(since.secondsText) s"
        guard flushedHere || !missing.isEmpty else { return "this node's disk to flush record \(index), \(time)" }
        let peers = missing.map { member in
            let peer = status.peers.first { $0.node == member.node }
            let stand =
                peer?.connected == true
                ? "has acknowledged \(peer?.acknowledged ?? .zero)"
                : peer?.replacement != nil ? "is gone, and another node has its address" : "is not connected"
            return "\(status.peers.name(of: member)) \(stand)"
        }
        let count = status.acknowledgementsRequired
        return
            "\(count) acknowledgement\(count == 1 ? "" : "s") of record \(index), \(time): \(peers.joined(separator: ", "))"
    }
}

extension ReplicationStatus.Obstacle {
    fileprivate func words(among peers: [ReplicationStatus.Peer], lease: String?) -> String {
        switch self {
        case .promises(let missing, let members, let since):
            "\(missing) promise\(missing == 1 ? "" : "s") of \(peers.names(of: members)), for \(since.secondsText) s: members that follow nobody newer must say so before this node reigns again"
        case .replicas(let missing):
            "\(missing) more replica\(missing == 1 ? "" : "s") to join, for the acknowledgements asked for"
        case .levelMembers(let missing, let members):
            "\(missing) of \(peers.names(of: members)) to connect and catch up, for the acknowledgements asked for"
        case .lease: "the group's lease, which it must hold to reign" + (lease.map { ": it is \($0)" } ?? "")
        case .database(let index): "the database to apply record \(index)"
        }
    }
}

extension Duration {
    /// In seconds, with three digits after the point.
    var secondsText: String {
        let milliseconds = components.attoseconds / 1_000_000_000_000_000
        return "\(components.seconds)." + String(1000 + milliseconds).dropFirst()
    }
}
