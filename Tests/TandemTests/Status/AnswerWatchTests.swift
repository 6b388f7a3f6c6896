import TandemReplication
import Testing

@testable import Tandem

@Suite struct AnswerWatchTests {
    private func after(_ seconds: Int) -> Moment { .zero + .seconds(seconds) }

    @Test func anAnswerThatCannotBeReadIsSaidOnceAMinuteAndInTheStatusWithTheMember() throws {
        var watch = AnswerWatch()
        #expect(watch.problem(now: .zero) == nil)
        #expect(watch.answered("two:2", "a message ends too early", now: .zero))
        #expect(!watch.answered("two:2", "a message ends too early", now: after(59)))
        #expect(watch.answered("two:2", "another reason", now: after(59)))
        #expect(watch.answered("three:3", "another reason", now: after(59)))
        #expect(!watch.answered("two:2", "another reason", now: after(118)))
        #expect(watch.answered("two:2", "another reason", now: after(119)))
        let problem = try #require(watch.problem(now: after(118)))
        #expect(problem.contains("three:3 (another reason), two:2 (another reason)"))
        #expect(problem.contains("version \(ReplicationCommand.promiseVersion) of these messages"))
    }

    @Test func aMemberWhoseAnswerCanBeReadAndOneThatIsAskedNoMoreAreNoProblem() throws {
        var watch = AnswerWatch()
        #expect(watch.answered("two:2", "a message ends too early", now: .zero))
        #expect(watch.answered("three:3", "a message ends too early", now: .zero))
        #expect(!watch.answered("two:2", nil, now: after(1)))
        let problem = try #require(watch.problem(now: after(1)))
        #expect(problem.contains("three:3") && !problem.contains("two:2"))
        #expect(watch.problem(now: after(60)) == nil)
        #expect(watch.answered("two:2", "a message ends too early", now: after(2)))
    }
}
