import Testing

@testable import TandemReplication

@Suite struct TableGenerationTests {
    @Test func tablesAreDefinedAnewWithEachReign() {
        var generation = TableGeneration()
        let first = generation.next(inNewSegment: false)
        #expect(generation.next(inNewSegment: false) == first)
        generation.reignBegan()
        #expect(generation.next(inNewSegment: false) == first + 1)
    }

    @Test func theFirstGroupOfASegmentBeginsItAndIsOfAGenerationOfItsOwn() {
        var generation = TableGeneration()
        let before = generation.next(inNewSegment: false)
        #expect(generation.groupAppended() == false)
        #expect(generation.next(inNewSegment: true) == before + 1)
        // Asked again before the group is there, it is the same.
        #expect(generation.next(inNewSegment: true) == before + 1)
        #expect(generation.number == before + 1)
        #expect(generation.groupAppended() == true)
        #expect(generation.groupAppended() == false)
        #expect(generation.next(inNewSegment: false) == before + 1)
    }
}
