import TandemLog

@testable import TandemReplication

// Members that are taken out of the group while somebody is away.
extension ToldStory {
    /// Node 0 has committed record 3 with node 2, whose machine is lost, and has not shown it yet; node 2 is taken out by force, of
    /// which node 1 does not hear. Somebody else has node 2's address, and tells node 1 of it when node 0 is away.
    static let forcedElsewhere = ToldStory(
        mistakes: [PlantedMistake(name: "foreignRulesReplaceOwn", mutations: .foreignRulesReplaceOwn)]
    ) { story in
        story.isolate(1)
        try story.execute(0)
        try story.exchange(0, 2) { story.acknowledged(by: 2, at: 0) == 3 }
        let lost = story.nodes[2].identity
        story.renew(2)
        story.breakConnections(0, 2)
        try story.stream(0, 2, rounds: 4)
        try story.remove(lost, at: 0, acceptsDataLoss: true)
        try story.startAsReplica(2, of: 0)
        try story.exchange(0, 2) { story.nodes[2].disk.flushed == 4 }
        story.isolate(0)
        story.mend(1, 2)
        try story.promote(1)
        try story.settle(rounds: 20)
    }

    /// Node 1 has acknowledged record 3, which node 0 has not shown yet and node 2 does not have. It loses its log, is taken
    /// out, and comes back before it has heard of that.
    static let removedAcknowledger = ToldStory(
        mistakes: [PlantedMistake(name: "forgetsTheRemoved", mutations: .forgetsTheRemoved)]
    ) { story in
        story.nodes[2].holdsDrain = true
        try story.execute(0)
        try story.exchange(0, 1) { story.acknowledged(by: 1, at: 0) == 3 }
        story.wipe(1)
        story.breakConnections(0, 1)
        try story.stream(0, 1, rounds: 4)
        try story.remove(story.nodes[1].identity, at: 0)
        story.simulation.splitsBatches = true
        try story.startAsReplica(1, of: 0)
        try story.exchange(0, 1) { story.nodes[1].disk.flushed == 2 }
        story.crash(0)
        story.isolate(0)
        story.crash(2)
        story.nodes[2].holdsDrain = false
        try story.startAsReplica(2, of: 1)
        try story.promote(2)
        try story.settle(rounds: 20)
    }
}
