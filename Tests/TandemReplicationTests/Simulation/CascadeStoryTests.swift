import TandemLog
import Testing

@testable import TandemReplication

/// What becomes of cascades while their upstreams come and go.
@Suite struct CascadeStoryTests {
    /// A pair, node 0 reigns; and cascades behind it, which are not started.
    private func tell(cascades: Int, _ body: @escaping @Sendable (Story) throws -> Void) throws {
        let told = ToldStory(mistakes: [], nodes: 2, cascades: cascades, tell: body)
        let story = try Story(told, breaking: nil)
        do {
            try told.tell(story)
            #expect(try story.simulation.heal(), "the group does not recover")
        } catch {
            Issue.record("\(error)\n\(story.simulation.story)")
        }
    }

    @Test func threeLevelsHaveTheSame() throws {
        try tell(cascades: 2) { story in
            try story.startAsCascade(2, of: 1)
            try story.startAsCascade(3, of: 2)
            try story.execute(0, count: 3)
            try story.settle(rounds: 20)
            #expect(story.nodes[3].disk.applied == story.nodes[0].disk.applied)
            #expect(story.follows(3))
        }
    }

    @Test func aCascadeFollowsItsUpstreamIntoItsReign() throws {
        try tell(cascades: 1) { story in
            try story.startAsCascade(2, of: 1)
            try story.settle(rounds: 20)
            #expect(story.follows(2))
            try story.promote(1)
            try story.settle(rounds: 20)
            #expect(story.nodes[1].machine?.role == .primary)
            #expect(story.follows(2))
            #expect(story.nodes[2].machine?.currentEpoch == story.nodes[1].machine?.durable.reign)
            try story.execute(1)
            try story.settle(rounds: 6)
            #expect(story.nodes[2].disk.applied == story.nodes[1].disk.applied)
        }
    }

    @Test func aCascadeWhosePrimaryIsGoneDoesNotCallItselfUpToDate() throws {
        try tell(cascades: 2) { story in
            try story.startAsCascade(2, of: 1)
            try story.startAsCascade(3, of: 2)
            try story.settle(rounds: 30)
            #expect(story.follows(2) && story.follows(3))
            story.isolate(0)
            try story.settle(rounds: 8)
            #expect(story.follows(2), "not for a short while")
            try story.settle(rounds: 80)
            #expect(!story.follows(1) && !story.follows(2) && !story.follows(3))
            story.mendAll()
            try story.settle(rounds: 60)
            #expect(story.follows(2) && story.follows(3))
        }
    }

    @Test func aCircleOfCascadesEnds() throws {
        try tell(cascades: 2) { story in
            try story.startAsCascade(2, of: 1)
            try story.startAsCascade(3, of: 2)
            try story.settle(rounds: 30)
            #expect(story.follows(3))
            // Node 3 does not notice that node 2 goes, and takes it for its cascade.
            story.crash(2)
            for connection in story.simulation.connections where connection.dialler == 3 { connection.toDialler = [] }
            try story.startAsCascade(2, of: 3)
            try story.exchange(2, 3) { story.follows(2) }
            #expect(story.follows(3), "a circle")
            try story.settle(rounds: 100)
            #expect(!story.follows(2) && !story.follows(3))
        }
    }
}
