import TandemLog

@testable import TandemReplication

// What comes twice, and flushes that return late.
extension ToldStory {
    /// The database thread of node 0 flushes records 3 to 6 when node 1 comes to reign. Node 0 cuts them, and gets other
    /// records 3 to 5, before that flush returns: it says nothing of them.
    static let overtakenFlush = ToldStory(
        mistakes: [PlantedMistake(name: "overtakenFlush", mistakes: .overtakenFlush)]
    ) { story in
        story.isolate(0)
        story.nodes[0].holdsFlush = true
        try story.execute(0, count: 4)
        try story.promote(1)
        try story.settle(rounds: 6)
        try story.execute(1)
        try story.settle(rounds: 6)
        story.mendAll()
        try story.settle(rounds: 20)
        story.cut(1, 2)
        try story.execute(1)
        try story.settle(rounds: 3)
        story.nodes[0].holdsFlush = false
        try story.simulation.finishGroupFlush(story.nodes[0])
        try story.settle(rounds: 3)
    }

    /// Node 1 acknowledges record 3, loses its log and connects again, when what it had acknowledged comes once more; then
    /// node 2 acknowledges.
    static let repeatedAcknowledgement = ToldStory(
        mistakes: [PlantedMistake(name: "acknowledgementsOfAnyNumber", mutations: .acknowledgementsOfAnyNumber)],
        acknowledgements: .count(2)
    ) { story in
        story.simulation.remembersAll = true
        story.cut(0, 2)
        try story.execute(0)
        try story.exchange(0, 1) { story.acknowledged(by: 1, at: 0) == 3 }
        story.wipe(1)
        try story.startAsReplica(1, of: 0)
        try story.exchange(0, 1) { story.follows(1) }
        try story.repeatAcknowledgement(of: 1, to: 0)
        story.cut(0, 1)
        story.mend(0, 2)
        try story.settle(rounds: 30)
    }

    /// Nodes 0 and 3 have record 3. Node 1 stands without them, and gets node 2's promise twice: three are needed.
    static let repeatedPromise = ToldStory(
        mistakes: [PlantedMistake(name: "promisesCountedTwice", mutations: .promisesCountedTwice)], nodes: 4
    ) { story in
        story.simulation.remembersAll = true
        story.cut(0, 1)
        story.cut(0, 2)
        try story.execute(0)
        try story.settle(rounds: 3)
        story.crash(0)
        story.isolate(3)
        try story.promote(1)
        try story.deliverQuestions()
        try story.repeatPromise(of: 2, to: 1)
        try story.settle(rounds: 20)
    }
}

extension Story {
    /// The last acknowledgement that `primary` has got of `replica` comes again, on the connection that they have now.
    fileprivate func repeatAcknowledgement(of replica: Int, to primary: Int) throws {
        let entry = try lastDelivered(from: replica, to: primary) { packet in
            guard case .message(.acknowledgement) = packet else { return false }
            return true
        }
        guard let connection = simulation.newestConnection(like: entry.connection) else {
            throw Violation(promise: "story", what: "node \(replica) is not connected")
        }
        try simulation.receive(entry.packet, on: connection, isUpwards: true)
    }

    /// The last answer that `candidate` has got of `member` comes again.
    fileprivate func repeatPromise(of member: Int, to candidate: Int) throws {
        let entry = try lastDelivered(from: member, to: candidate) { packet in
            guard case .message(.promiseAnswer) = packet else { return false }
            return true
        }
        try simulation.receive(entry.packet, on: entry.connection, isUpwards: false)
    }

    private func lastDelivered(
        from sender: Int, to receiver: Int, where isWanted: (Packet) -> Bool
    ) throws -> DeliveredPacket {
        let entry = simulation.delivered.last { entry in
            let (dialler, acceptor) = (entry.connection.dialler, entry.connection.acceptor)
            let way = entry.isUpwards ? (dialler, acceptor) : (acceptor, dialler)
            return way == (sender, receiver) && isWanted(entry.packet)
        }
        guard let entry else { throw Violation(promise: "story", what: "nothing was delivered that could come again") }
        return entry
    }
}
