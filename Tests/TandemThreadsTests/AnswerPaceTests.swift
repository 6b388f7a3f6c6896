import TandemThreads
import Testing

@Suite struct AnswerPaceTests {
    @Test func whatIsNotKnownIsExpectedToBeBrief() {
        #expect(AnswerPace().expectsBrief())
    }

    @Test func answersThatComeInTimeAreWaitedForAlways() {
        let pace = AnswerPace()
        for _ in 0..<100 {
            #expect(pace.expectsBrief())
            pace.waited(inTime: true)
        }
    }

    @Test func thoseThatDoNotAreWaitedForLessAndLess() {
        let pace = AnswerPace()
        #expect((0..<12).map { _ in passedOver(pace, then: false) } == [0, 1, 3, 7, 15, 31, 63, 63, 63, 63, 63, 63])
    }

    @Test func oneThatComesInTimeMakesUpForAllBefore() {
        let pace = AnswerPace()
        for _ in 0..<5 { _ = passedOver(pace, then: false) }
        #expect(passedOver(pace, then: true) == 31)
        #expect(passedOver(pace, then: false) == 0)
        #expect(passedOver(pace, then: true) == 1)
    }

    /// How many answers are not waited for before one is.
    private func passedOver(_ pace: AnswerPace, then inTime: Bool) -> Int {
        var count = 0
        while !pace.expectsBrief() { count += 1 }
        pace.waited(inTime: inTime)
        return count
    }
}
