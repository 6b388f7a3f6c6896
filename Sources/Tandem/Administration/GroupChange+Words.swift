import TandemLog
import TandemReplication

extension ReplicationReport.PromotionFailure {
    /// Why, and what to do about it.
    func words(among peers: [ReplicationStatus.Peer]) -> String {
        switch self {
        case .notEligible:
            "this node cannot be promoted: only a replica that is a member of the group and whole can; SHOW tandem.status tells"
        case .cascade:
            "this node is a cascade (--upstream), no member of the group, and cannot be promoted: promote a member. Where a primary reigns, 'tandem replica --primary HOST:PORT' makes a member of it; where no member is left, 'tandem export' what it has, and 'tandem import' makes a new group of that"
        case .databaseDrifted:
            "this node's database has drifted, as SHOW tandem.status says: promote another node, or make its database anew with --resync; where there is no primary, with --snapshot-from HOST:PORT as well, another replica. With ACCEPT DATA LOSS (--accept-data-loss) it becomes the primary as it is"
        case .databaseFailed(let reason):
            "this node's database takes nothing any more (\(reason)): promote another node. If there is none, mend the cause and restart this one before you promote it. One that has drifted is made anew by --resync, where there is no primary with --snapshot-from HOST:PORT as well, another replica; or it is promoted as it is, restarted with --on-drift report"
        case .primaryAlive(let sighting): sighting.words
        case .behind(let node, let position):
            "the log of \(peers.name(of: node)) is ahead, at \(position): promote that node instead. If its database has drifted, make that anew first: start it once with --resync --snapshot-from and this node's address"
        case .tooFewPromises(let present, let missing, let replaced):
            "only \(present) member\(present == 1 ? " has" : "s have") promised to follow, and more must: one of those missing (\(peers.names(of: missing))) may hold acknowledged transactions that this node lacks. Start them and try again; if they are gone for good, accept the loss explicitly (--accept-data-loss)\(Self.words(ofReplaced: replaced))"
        case .underWay: "this node stands for promotion already"
        case .starting:
            "this node is starting: it was the last primary, and is one again as soon as enough members have promised it that; SHOW tandem.status names those it waits for. Nothing was asked: ask again when it is ready. If they are gone for good, promote it; that asks first, too, and changes nothing where it is refused"
        case .superseded(let epoch):
            "another node stands for promotion, in epoch \(epoch)"
        case .delayed:
            "this replica is delayed by choice (--delay) and would have to apply all of that first, while nobody writes: hand over to another one"
        case .withoutLease:
            "the members have promised, but this node did not get the lease: another node holds it, or the store does not answer; SHOW tandem.status tells"
        }
    }
}

extension ReplicationReport.PromotionFailure {
    /// What it means that other nodes are where missing members were; nothing where there are none.
    private static func words(ofReplaced members: [Member]) -> String {
        guard !members.isEmpty else { return "" }
        let names = members.map { "node \($0.node) was at \($0.address)" }.joined(separator: ", ")
        let removals = members.map { "'tandem member remove \($0.node)'" }.joined(separator: ", ")
        return
            ". Of these, \(names), where another node is now: its disk was replaced, or emptied, and it does not come back by itself. Start the former primary on its old disk, if there is one, and then take out what is gone (\(removals)); else what the old disk and the former primary alone had is the loss to be accepted"
    }
}

extension ReplicationReport.Sighting {
    /// Who says that a primary is alive, and what to do about it.
    fileprivate var words: String {
        let witness = address ?? "node \(self.witness)"
        let change = "For a planned change use 'tandem switch-over'"
        if isOwn { return "a primary is alive, says \(witness), which is it: nothing was changed. \(change)" }
        let place = primary.map { " (\($0))" } ?? ""
        return
            "a primary is alive\(place): \(witness) heard from it less than \(within.secondsText) s ago. Nothing was changed. If it has died since, try again. \(change)"
    }
}

extension ReplicationReport.HandOverFailure {
    /// Why, and what to do about it.
    func words(among peers: [ReplicationStatus.Peer]) -> String {
        switch self {
        case .notPrimary: "this node is no primary that takes writes: ask the primary"
        case .underWay: "another change of the primary is under way"
        case .notConnected(let node) where peers.contains(where: { $0.node == node && $0.isCascade }):
            "\(peers.name(of: node)) is a cascade (--upstream), no member of the group, and cannot take over: hand over to a member. 'tandem replica --primary HOST:PORT' makes a member of it"
        case .notConnected(let node):
            "\(peers.name(of: node)) cannot take over: it is no member of the group, or is not connected"
        case .notWhole(let node):
            "\(peers.name(of: node)) cannot take over: it may lack what it acknowledged; wait until it has caught up"
        case .unsound(let node):
            "\(peers.name(of: node)) cannot take over: its database has drifted or failed, as its status says; let another replica take over, or make that one's database anew with --resync"
        case .delayed(let node):
            "\(peers.name(of: node)) cannot take over: it is delayed by choice (--delay) and would have to apply all of that first, while nobody writes; let another replica take over"
        case .tooFewMembers(let missing):
            "too few members are connected to promise the new primary its reign; missing: \(peers.names(of: missing))"
        case .timedOut(isQuiet: false, _):
            "given up, and writes go on here: an open transaction held the writer for too long; try again"
        case .timedOut(_, isLevel: false):
            "given up, and writes go on here: the new primary did not have everything in time; try again when its lag is smaller"
        case .timedOut:
            "given up, and writes go on here: the new primary did not begin its reign in time; its log says why"
        }
    }
}

extension ReplicationReport.RemovalFailure {
    /// Why, and what to do about it.
    func words(among peers: [ReplicationStatus.Peer]) -> String {
        switch self {
        case .notPrimary: "this node is no primary: ask the primary"
        case .itself: "a primary cannot remove itself; let another node take over first ('tandem switch-over')"
        case .unknown(let node): "\(peers.name(of: node)) is no member of the group"
        case .connected(let node):
            "\(peers.name(of: node)) is connected: stop it first, or it would be added again"
        case .underWay:
            "the last change of the members or of the primary is not committed yet: start the members that are missing and try again; if this one is gone for good, accept the loss explicitly (--accept-data-loss)"
        case .tooFewLeft(let rule):
            "too few replicas would be left for the acknowledgements asked for (\(rule)): add another first, or start the primary with fewer --acknowledgements; if the member is gone for good, accept the loss explicitly (--accept-data-loss)"
        case .tooFewPresent(let count):
            "only \(count) of the other replicas \(count == 1 ? "is" : "are") connected, which is too few to agree; start them, or, if those missing are gone for good, accept the loss explicitly (--accept-data-loss)"
        }
    }
}
