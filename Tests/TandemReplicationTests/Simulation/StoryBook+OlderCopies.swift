import TandemLog

@testable import TandemReplication

// Disks that are put back to an older state, with all that their nodes have promised.
extension ToldStory {
    /// Node 0 reigns, and commits record 3; its disk is put back to before that, in the same reign. If the members' answers do
    /// not end its start, it must at least take them as its replicas to do harm.
    static let putBackPrimary = ToldStory(
        mistakes: [
            PlantedMistake(name: "startBehindCommitted", mutations: [.startBehindCommitted, .acceptThoseAhead])
        ]
    ) { story in
        let older = story.copyDisk(of: 0)
        try story.execute(0)
        try story.settle(rounds: 6)
        story.putBack(0, to: older)
        try story.startAsPrimary(0)
        try story.settle(rounds: 20)
        try story.promote(1)
        try story.settle(rounds: 20)
    }

    /// Node 1 was promoted by node 2, and has committed with it, while node 0 reigned on alone. Its disk is put back to before
    /// that; it hears of its reign from node 2, and then meets node 0, whose record 3 waits for an acknowledgement.
    static let putBackCandidate = ToldStory(
        mistakes: [PlantedMistake(name: "forgetsAgain", mutations: .forgetsAgain)]
    ) { story in
        let older = story.copyDisk(of: 1)
        story.isolate(0)
        try story.execute(0)
        try story.promote(1)
        try story.settle()
        try story.execute(1)
        try story.settle(rounds: 6)
        story.putBack(1, to: older)
        try story.startAsReplica(1, of: 2)
        try story.settle(rounds: 6)
        story.isolate(2)
        story.breakConnections(0, 1)
        story.mend(0, 1)
        try story.settle(rounds: 40)
        story.mendAll()
        try story.settle(rounds: 20)
        try story.promote(2)
        try story.settle(rounds: 20)
    }
}
