import TandemReplication
import Testing

@testable import Tandem

@Suite struct AnswerWatchTests {
    private func after(_ seconds: Int) -> Moment { .zero + .seconds(seconds) }

    @Test func anAnswerThatCannotBeReadIsSaidOnceAMinuteAndInTheStatusWithTheMember() throws {
        var watch = AnswerWatch()
        func answers(_ address: String, _ reason: String?, at moment: Moment) -> Bool {
            watch.answered(address, reason, now: moment)
        }
        #expect(watch.problem(now: .zero) == nil)
        #expect(answers("two:2", "a message ends too early", at: .zero))
        #expect(!answers("two:2", "a message ends too early", at: after(59)))
        #expect(answers("two:2", "another reason", at: after(59)))
        #expect(answers("three:3", "another reason", at: after(59)))
        #expect(!answers("two:2", "another reason", at: after(118)))
        #expect(answers("two:2", "another reason", at: after(119)))
        let problem = try #require(watch.problem(now: after(118)))
        #expect(problem.contains("three:3 (another reason), two:2 (another reason)"))
        #expect(problem.contains("version \(ReplicationCommand.promiseVersion) of these messages"))
    }

    @Test func aMemberWhoseAnswerCanBeReadAndOneThatIsAskedNoMoreAreNoProblem() throws {
        var watch = AnswerWatch()
        func answers(_ address: String, _ reason: String?, at moment: Moment) -> Bool {
            watch.answered(address, reason, now: moment)
        }
        #expect(answers("two:2", "a message ends too early", at: .zero))
        #expect(answers("three:3", "a message ends too early", at: .zero))
        #expect(!answers("two:2", nil, at: after(1)))
        let problem = try #require(watch.problem(now: after(1)))
        #expect(problem.contains("three:3") && !problem.contains("two:2"))
        #expect(watch.problem(now: after(60)) == nil)
        #expect(answers("two:2", "a message ends too early", at: after(2)))
    }
}
