import TandemThreads
import Testing

@Suite struct StatementWatchTests {
    private let start = ContinuousClock.now

    @Test func statementWithoutADeadlineIsWaitedForWithoutEnd() {
        var watch = StatementWatch(deadline: nil, isCancellable: true)
        #expect(watch.stillRunning(at: start, isTaskCancelled: false) == .wait(until: nil))
        #expect(watch.reason == nil)
    }

    @Test func passedDeadlineCancelsOnceThenGivesUp() {
        let deadline = start + .seconds(1)
        var watch = StatementWatch(deadline: deadline, isCancellable: true)
        #expect(watch.stillRunning(at: start, isTaskCancelled: false) == .wait(until: deadline))
        #expect(watch.stillRunning(at: deadline, isTaskCancelled: false) == .cancel)
        #expect(watch.reason == .deadlinePassed)
        let end = deadline + StatementWatch.grace
        #expect(watch.stillRunning(at: deadline, isTaskCancelled: true) == .wait(until: end))
        #expect(watch.stillRunning(at: end, isTaskCancelled: true) == .giveUp(.deadlinePassed))
    }

    @Test func cancelledTaskCancelsOnlyWhatIsCancellable() {
        var commit = StatementWatch(deadline: nil, isCancellable: false)
        #expect(commit.stillRunning(at: start, isTaskCancelled: true) == .wait(until: nil))
        var query = StatementWatch(deadline: nil, isCancellable: true)
        #expect(query.stillRunning(at: start, isTaskCancelled: true) == .cancel)
        #expect(query.reason == .taskCancelled)
    }

    @Test func aServerHasTheTimeThatItIsGiven() {
        var watch = StatementWatch(deadline: nil, isCancellable: true, grace: .seconds(60))
        #expect(watch.stillRunning(at: start, isTaskCancelled: true) == .cancel)
        let end = start + .seconds(60)
        #expect(watch.stillRunning(at: start + .seconds(59), isTaskCancelled: true) == .wait(until: end))
        #expect(watch.stillRunning(at: end, isTaskCancelled: true) == .giveUp(.taskCancelled))
    }

    @Test func abandonedCursorIsCancelledOnce() {
        var watch = StatementWatch(deadline: nil, isCancellable: true)
        #expect(watch.abandoned(at: start) == .cancel)
        #expect(watch.abandoned(at: start) == .wait(until: start + StatementWatch.grace))
    }
}
