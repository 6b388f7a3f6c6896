import TandemLog

@testable import TandemReplication

/// A story, and the mistakes it is told to catch.
struct ToldStory: Sendable {
    let mistakes: [PlantedMistake]
    var nodes = 3
    var acknowledgements = AcknowledgementRule.count(1)
    var degrades = false
    /// How many of the nodes the group begins with; the others are not started.
    var founders: Int?
    /// How many cascades there are behind the nodes; they are not started.
    var cascades = 0
    let tell: @Sendable (Story) throws -> Void

    static let all: [ToldStory] = [
        olderEpochCommitted, longerButOlder, unflushedCandidate, staleAcknowledgement, forgetfulPromiser,
        halfCaughtUp, committedUnshown, wipedAcknowledger, returnsUnasked, follower, forgottenPromise, twinEpochs,
        databaseAhead, degradedAlone, tornCut, strangerReigns, failedFlush, tailOfTheUpstream, countedCascade,
        unflushedRelay, aheadOfItsUpstream, overtakenFlush, repeatedAcknowledgement, repeatedPromise, putBackPrimary,
        putBackCandidate, forcedElsewhere, removedAcknowledger,
    ]

    /// Node 0 writes record 3 alone; node 1 reigns shortly; node 0 reigns again and spreads record 3, but not its
    /// epoch record; node 1 comes back. (Figure 8 of the Raft paper.)
    static let olderEpochCommitted = ToldStory(
        mistakes: [PlantedMistake(name: "commitAnyEpoch", mutations: .commitAnyEpoch)]
    ) { story in
        story.isolate(0)
        try story.execute(0)
        try story.promote(1)
        try story.deliverQuestions()
        story.isolate(1)
        story.crash(1)
        story.mend(0, 2)
        try story.settle(rounds: 20)
        try story.promote(0)
        try story.deliverQuestions()
        story.simulation.splitsBatches = true
        try story.exchange(0, 2) { story.acknowledged(by: 2, at: 0) == 3 }
        story.crash(0)
        story.isolate(0)
        story.mend(1, 2)
        try story.startAsPrimary(1)
        try story.settle(rounds: 20)
        try story.promote(1)
        try story.settle(rounds: 20)
    }

    /// Node 0 writes three records alone; nodes 1 and 2 commit one in a later epoch; node 0's log is longer.
    static let longerButOlder = ToldStory(
        mistakes: [PlantedMistake(name: "promoteByIndex", mutations: .promoteByIndex)]
    ) { story in
        story.isolate(0)
        try story.execute(0, count: 3)
        try story.promote(1)
        try story.settle()
        story.crash(1)
        story.mend(0, 2)
        try story.settle(rounds: 30)
        try story.promote(0)
        try story.settle(rounds: 20)
    }

    /// Node 2 is promoted for a record that is only in its page cache, and loses it in the next moment.
    static let unflushedCandidate = ToldStory(
        mistakes: [PlantedMistake(name: "candidateUnflushed", mutations: .candidateUnflushed)]
    ) { story in
        story.nodes[2].holdsDrain = true
        try story.execute(0)
        try story.settle(rounds: 3)
        story.crash(0)
        try story.promote(2)
        story.nodes[2].holdsFlush = true
        try story.deliverQuestions()
        story.crash(2)
        story.nodes[2].holdsFlush = false
        story.nodes[2].holdsDrain = false
        try story.startAsPrimary(2)
        try story.settle(rounds: 20)
    }

    /// Node 1's acknowledgement of records 3 and 4 arrives two reigns later, when node 0 has another record 4.
    static let staleAcknowledgement = ToldStory(
        mistakes: [PlantedMistake(name: "acknowledgementsOfAnyEpoch", mutations: .acknowledgementsOfAnyEpoch)],
        acknowledgements: .count(2)
    ) { story in
        story.cut(0, 2)
        try story.execute(0, count: 2)
        for connection in story.simulation.connections where connection.dialler == 1 && connection.acceptor == 0 {
            while try story.simulation.deliverDown(connection) {}
        }
        try story.simulation.drain(story.nodes[1])
        story.isolate(1)
        try story.promote(2)
        story.mend(0, 2)
        for _ in 0..<12 where !story.follows(0) { try story.settle(rounds: 1) }
        try story.promote(0)
        try story.settle(rounds: 3)
        story.mend(0, 1)
        try story.settle(rounds: 3)
    }

    /// Node 1 loses the log with the only other copy of record 3, and promises node 2 what it does not remember.
    static let forgetfulPromiser = ToldStory(
        mistakes: [PlantedMistake(name: "notWholePromises", mutations: .notWholePromises)]
    ) { story in
        story.cut(0, 2)
        try story.execute(0)
        try story.settle(rounds: 3)
        story.wipe(1)
        try story.startAsReplica(1, of: 0)
        try story.exchange(0, 1) { story.follows(1) }
        story.crash(0)
        try story.promote(2)
        try story.settle(rounds: 20)
    }

    /// Node 1 lost its log and has fetched two of five committed records when node 0 dies.
    static let halfCaughtUp = ToldStory(
        mistakes: [PlantedMistake(name: "wholeTooEarly", mutations: .wholeTooEarly)]
    ) { story in
        story.cut(0, 2)
        try story.execute(0, count: 3)
        try story.settle(rounds: 3)
        story.wipe(1)
        story.simulation.splitsBatches = true
        try story.startAsReplica(1, of: 0)
        try story.exchange(0, 1) { story.nodes[1].disk.flushed == 2 }
        story.crash(0)
        story.isolate(0)
        try story.promote(2)
        try story.settle(rounds: 20)
    }

    /// Node 1 loses its log when node 0 has committed record 3 with it, and has not shown it yet; node 1 is told of record 2.
    static let committedUnshown = ToldStory(
        mistakes: [PlantedMistake(name: "wholeBelowAcknowledged", mutations: .wholeBelowAcknowledged)]
    ) { story in
        story.cut(0, 2)
        try story.execute(0)
        try story.exchange(0, 1) { story.acknowledged(by: 1, at: 0) == 3 }
        story.wipe(1)
        story.simulation.splitsBatches = true
        try story.startAsReplica(1, of: 0)
        try story.exchange(0, 1) { story.nodes[1].disk.flushed == 2 }
        story.crash(0)
        story.isolate(0)
        try story.promote(2)
        try story.settle(rounds: 20)
    }

    /// Node 1 acknowledges record 3, loses its log and connects again; then node 2 acknowledges.
    static let wipedAcknowledger = ToldStory(
        mistakes: [PlantedMistake(name: "acknowledgementsPerNode", mutations: .acknowledgementsPerNode)],
        acknowledgements: .count(2)
    ) { story in
        story.cut(0, 2)
        try story.execute(0)
        try story.exchange(0, 1) { story.acknowledged(by: 1, at: 0) == 3 }
        story.wipe(1)
        try story.startAsReplica(1, of: 0)
        try story.exchange(0, 1) { story.follows(1) }
        story.cut(0, 1)
        story.mend(0, 2)
        try story.settle(rounds: 30)
    }

    /// Node 0 returns after node 1 was elected and has committed; it asks nobody, or streams before it is answered.
    static let returnsUnasked = ToldStory(
        mistakes: [
            PlantedMistake(name: "startAlone", mutations: .startAlone),
            PlantedMistake(name: "streamBeforePromises", mutations: .streamBeforePromises),
        ]
    ) { story in
        story.isolate(0)
        try story.promote(1)
        try story.settle(rounds: 6)
        try story.execute(1)
        try story.settle(rounds: 3)
        for _ in 0..<2 {
            story.crash(0)
            try story.startAsPrimary(0)
        }
        story.isolate(1)
        try story.settle(rounds: 20)
        story.mend(0, 2)
        try story.stream(0, 2, rounds: 60)
        try story.settle(rounds: 40)
    }

    /// Node 2 has promised node 1's epoch, and still follows and acknowledges to node 0.
    static let follower = ToldStory(
        mistakes: [PlantedMistake(name: "noFence", mutations: .noFence)]
    ) { story in
        story.cut(0, 1)
        try story.promote(1)
        try story.deliverQuestions()
        story.isolate(1)
        try story.settle(rounds: 30)
        guard story.nodes[0].machine?.servesWrites == true else { return }
        try story.execute(0)
        try story.settle(rounds: 10)
        story.isolate(0)
        story.mend(1, 2)
        try story.settle(rounds: 40)
    }

    /// Node 2 forgets in a crash what it promised node 1.
    static let forgottenPromise = ToldStory(
        mistakes: [PlantedMistake(name: "promisesNotDurable", mutations: .promisesNotDurable)]
    ) { story in
        story.cut(0, 1)
        try story.promote(1)
        try story.deliverQuestions()
        story.isolate(1)
        story.crash(2)
        try story.startAsReplica(2, of: 0)
        try story.settle(rounds: 30)
        guard story.nodes[0].machine?.servesWrites == true else { return }
        try story.execute(0)
        try story.settle(rounds: 10)
        story.isolate(0)
        story.mend(1, 2)
        try story.settle(rounds: 40)
    }

    /// With K = N each node alone may be promoted: nodes 1 and 2 both are, with the same counter.
    static let twinEpochs = ToldStory(
        mistakes: [PlantedMistake(name: "epochsWithoutOwner", mutations: .epochsWithoutOwner)],
        acknowledgements: .count(2)
    ) { story in
        for number in 0..<3 { story.isolate(number) }
        story.crash(0)
        try story.promote(1)
        try story.promote(2)
        story.crash(1)
        story.mendAll()
        try story.startAsReplica(1, of: 2)
        try story.startAsReplica(0, of: 2)
        try story.settle(rounds: 30)
    }

    /// Node 2 applies record 3, committed by the others, before its own log has it durably; the power fails.
    static let databaseAhead = ToldStory(
        mistakes: [PlantedMistake(name: "applyUnflushed", mutations: .applyUnflushed)]
    ) { story in
        story.nodes[2].holdsDrain = true
        try story.execute(0)
        try story.settle(rounds: 6)
        story.nodes[2].disk.checkpoint()
        story.crash(2)
        story.nodes[2].holdsDrain = false
        try story.startAsReplica(2, of: 0)
    }

    /// Node 0 commits without node 1, as it may; node 1 is promoted as if that could not be.
    static let degradedAlone = ToldStory(
        mistakes: [PlantedMistake(name: "promoteDespiteDegrading", mutations: .promoteDespiteDegrading)],
        nodes: 2, degrades: true
    ) { story in
        story.cut(0, 1)
        try story.execute(0)
        try story.settle(rounds: 60)
        story.crash(0)
        story.mendAll()
        try story.promote(1)
        try story.settle(rounds: 10)
        try story.startAsPrimary(0)
        try story.settle(rounds: 40)
    }

    /// Node 2 has just been added, is promoted by node 1, and commits with it, before node 0 has heard of it: node 0 may
    /// be promoted alone under the old members, of which node 1 alone holds the record.
    static let strangerReigns = ToldStory(
        mistakes: [PlantedMistake(name: "strangerCountsItself", mutations: .strangerCountsItself)], founders: 2
    ) { story in
        try story.promote(1)
        try story.settle()
        story.isolate(0)
        try story.startAsReplica(2, of: 1)
        try story.settle(rounds: 6)
        try story.promote(2)
        try story.settle(rounds: 12)
        story.crash(1)
        story.isolate(1)
        story.crash(2)
        try story.promote(0)
        story.mend(0, 1)
        try story.startAsReplica(1, of: 0)
        try story.settle(rounds: 20)
        try story.promote(0)
        try story.settle(rounds: 20)
    }

    /// Node 0 has sent record 3 when its flush fails; it goes on, and writes another record 3 in the same epoch.
    static let failedFlush = ToldStory(
        mistakes: [PlantedMistake(name: "retryInEpoch", mutations: .retryInEpoch)]
    ) { story in
        story.cut(0, 2)
        story.nodes[0].failsFlush = true
        try story.execute(0)
        try story.settle(rounds: 6)
        guard story.nodes[0].machine?.servesWrites == true else { return }
        try story.execute(0)
        try story.settle(rounds: 20)
    }

    /// Node 0 cuts its record 3 and gets others; a crash keeps the old record 3 and the new record 4.
    static let tornCut = ToldStory(
        mistakes: [PlantedMistake(name: "tornCut", mistakes: .tornCut)]
    ) { story in
        story.isolate(0)
        try story.execute(0)
        try story.promote(1)
        try story.settle(rounds: 6)
        try story.execute(1)
        try story.settle(rounds: 6)
        story.nodes[0].holdsDrain = true
        story.mendAll()
        try story.settle(rounds: 12)
        story.crash(0, surviving: [3])
        story.nodes[0].holdsDrain = false
        try story.startAsReplica(0, of: 1)
        try story.settle(rounds: 20)
    }
}
