import Testing

@testable import TandemLog

@Suite struct PositionTests {
    private let a = Samples.node
    private let b = Samples.otherNode

    private func history(_ entries: (UInt32, NodeID, LogIndex)...) -> EpochHistory {
        var history = EpochHistory()
        for entry in entries { history.begin(Epoch(counter: entry.0, node: entry.1), at: entry.2) }
        return history
    }

    @Test func epochsAreOrderedByCounterThenNode() {
        #expect(Epoch(counter: 1, node: b) < Epoch(counter: 2, node: a))
        #expect(Epoch(counter: 2, node: a) < Epoch(counter: 2, node: b))
    }

    @Test func positionsAreReadAsTheyAreWritten() {
        let position = Position(epoch: Epoch(counter: 7, node: a), index: 1042)
        #expect(position.description == "7@10111213-1415-4617-9819-1a1b1c1d1e1f:1042")
        #expect(Position(position.description) == position)
        for text in ["", "7", "7@", "7@x:1", "x@\(a):1", "7@\(a)", "7@\(a):", "7@\(a):-1"] {
            #expect(Position(text) == nil)
        }
    }

    @Test func theCommonIndexIsTheLastOneOfTheSameEpoch() {
        let first = history((1, a, 1), (2, b, 11))
        let second = history((1, a, 1), (3, a, 13))
        #expect(first.commonIndex(last: 20, with: second, last: 20) == 10)
        #expect(first.commonIndex(last: 20, with: first, last: 15) == 15)
        #expect(first.commonIndex(last: 5, with: second, last: 20) == 5)
        // The same counter of two nodes is not the same epoch.
        #expect(history((2, a, 1)).commonIndex(last: 9, with: history((2, b, 1)), last: 9) == .zero)
        #expect(EpochHistory().commonIndex(last: 0, with: first, last: 20) == .zero)
    }

    @Test func aHistoryForgetsWhatIsCut() {
        var history = history((1, a, 1), (2, b, 11), (3, a, 12))
        #expect(history.epoch(at: 11) == Epoch(counter: 2, node: b))
        history.cut(above: 11)
        #expect(history.lastEpoch == Epoch(counter: 2, node: b))
        history.cut(above: 10)
        #expect(history.lastEpoch == Epoch(counter: 1, node: a))
        #expect(EpochHistory(history.entries.reversed() + history.entries) == nil)
    }

    @Test func aUniqueIDIsReadWithAndWithoutHyphens() {
        var generator = SeededGenerator(1)
        let id = UniqueID.random(using: &generator)
        #expect(UniqueID(id.description) == id)
        #expect(UniqueID(id.description.filter { $0 != "-" }) == id)
        #expect(id.description[id.description.index(id.description.startIndex, offsetBy: 14)] == "4")
        #expect(UniqueID("") == nil && UniqueID(String(repeating: "g", count: 32)) == nil)
    }
}
