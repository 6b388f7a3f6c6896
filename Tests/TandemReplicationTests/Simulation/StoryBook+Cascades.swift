import TandemLog

@testable import TandemReplication

// Cascades, which are the last of the nodes.
extension ToldStory {
    /// Node 1 has record 3 of node 0, which is never committed, and cuts it; its cascade never had it.
    static let tailOfTheUpstream = ToldStory(
        mistakes: [PlantedMistake(name: "relayUncommitted", mutations: .relayUncommitted)],
        acknowledgements: .count(2), cascades: 1
    ) { story in
        try story.startAsCascade(3, of: 1)
        try story.settle()
        story.cut(0, 2)
        try story.execute(0)
        try story.settle(rounds: 6)
        story.isolate(0)
        story.cut(1, 2)
        try story.promote(2)
        try story.settle(rounds: 6)
        story.mend(1, 2)
        try story.settle(rounds: 20)
    }

    /// Node 0 has record 3 with its cascade alone, and no member has it.
    static let countedCascade = ToldStory(
        mistakes: [PlantedMistake(name: "countRelays", mutations: .countRelays)], nodes: 2, cascades: 1
    ) { story in
        try story.startAsCascade(2, of: 0)
        try story.settle()
        story.cut(0, 1)
        try story.execute(0)
        try story.settle()
    }

    /// Node 1 knows that record 3 is committed, by the others, before its own log has it durably.
    static let unflushedRelay = ToldStory(
        mistakes: [PlantedMistake(name: "relayUnflushed", mutations: .relayUnflushed)], cascades: 1
    ) { story in
        try story.startAsCascade(3, of: 1)
        try story.settle()
        story.nodes[1].holdsDrain = true
        try story.execute(0)
        try story.settle(rounds: 6)
        story.crash(1)
        story.nodes[1].holdsDrain = false
        try story.startAsReplica(1, of: 0)
        try story.settle()
    }

    /// The cascade has three records of node 1 when it gets another upstream, which has one of them.
    static let aheadOfItsUpstream = ToldStory(
        mistakes: [PlantedMistake(name: "relayToThoseAhead", mutations: .relayToThoseAhead)], cascades: 1
    ) { story in
        story.simulation.splitsBatches = true
        try story.startAsCascade(3, of: 1)
        try story.settle()
        story.cut(0, 2)
        try story.execute(0, count: 3)
        try story.settle(rounds: 3)
        story.mend(0, 2)
        try story.exchange(0, 2) { story.nodes[2].disk.flushed == 3 }
        story.cut(0, 2)
        story.crash(3)
        try story.startAsCascade(3, of: 2)
        try story.stream(2, 3, rounds: 20)
        story.mend(0, 2)
        try story.settle(rounds: 20)
    }
}

extension Story {
    func startAsCascade(_ number: Int, of upstream: Int) throws {
        nodes[number].role = .replica(primary: nodes[upstream].address)
        try simulation.start(nodes[number])
    }
}
