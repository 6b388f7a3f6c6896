import Testing

@testable import TandemReplication

@Suite struct WriterQueueTests {
    private let start = ContinuousClock.now

    private func transaction(deadlineAfter seconds: Int? = 10, commitTimeout: Duration? = nil) -> TestTransaction {
        TestTransaction("", commitTimeout: commitTimeout, waitDeadline: seconds.map { start + .seconds($0) })
    }

    private func unnoticed(at seconds: Int, in queue: inout WriterQueue) -> Int {
        queue.takeUnnoticed(at: start + .seconds(seconds), after: .seconds(1)).count
    }

    private func expired(at seconds: Int, in queue: inout WriterQueue) -> [String] {
        queue.takeExpired(at: start + .seconds(seconds), reason: .writerBusy).map { item in
            if case .failed(let error as DatabaseThreadError) = item.outcome { "\(error)" } else { "?" }
        }
    }

    @Test func whoeverHasWaitedUntilTheDeadlineIsTakenOutAndTheOthersStay() {
        var queue = WriterQueue()
        let (early, late) = (transaction(), transaction(deadlineAfter: 20))
        queue.append(early, at: start)
        queue.append(late, at: start)
        queue.append(transaction(deadlineAfter: nil), at: start)
        #expect(expired(at: 9, in: &queue) == [])
        #expect(expired(at: 10, in: &queue) == ["\(DatabaseThreadError.writerBusy)"])
        #expect(queue.count == 2 && queue.first === late)
    }

    @Test func theTimeInWhichTheWriterStandsStillDoesNotCount() {
        var queue = WriterQueue()
        queue.append(transaction(), at: start)
        queue.writerStandsStill(since: start + .seconds(4))
        #expect(expired(at: 1000, in: &queue) == [])
        queue.writerGoesOn(at: start + .seconds(1004))
        #expect(expired(at: 1009, in: &queue) == [])
        #expect(expired(at: 1010, in: &queue).count == 1)
    }

    @Test func aStandstillBeforeATransactionCameGivesItNoTime() {
        var queue = WriterQueue()
        queue.writerStandsStill(since: start - .seconds(50))
        queue.writerGoesOn(at: start)
        queue.append(transaction(), at: start)
        #expect(expired(at: 10, in: &queue).count == 1)
    }

    @Test func behindACommitThatWaitsTheOwnCommitTimeoutCounts() {
        var queue = WriterQueue()
        queue.append(transaction(commitTimeout: .seconds(3)), at: start)
        queue.writerStandsStill(since: start + .seconds(1))
        queue.append(transaction(commitTimeout: .seconds(3)), at: start + .seconds(2))
        #expect(expired(at: 3, in: &queue) == [])
        let missing = "\(DatabaseThreadError.acknowledgementsMissing(.seconds(3)))"
        #expect(expired(at: 4, in: &queue) == [missing])
        #expect(expired(at: 5, in: &queue) == [missing])
        #expect(queue.isEmpty)
    }

    @Test func eachIsToldOnceThatItWaitsForAcknowledgements() {
        var queue = WriterQueue()
        queue.append(transaction(), at: start)
        var counts = [unnoticed(at: 1, in: &queue)]
        queue.writerStandsStill(since: start)
        for second in [0, 1, 2] { counts.append(unnoticed(at: second, in: &queue)) }
        queue.append(transaction(), at: start)
        counts.append(unnoticed(at: 2, in: &queue))
        #expect(counts == [0, 0, 1, 0, 1])
    }

    @Test func aTransactionThatIsTakenBackIsGone() {
        var queue = WriterQueue()
        let (first, second) = (transaction(), transaction())
        queue.append(first, at: start)
        queue.append(second, at: start)
        let removed = [queue.remove(second), queue.remove(second)]
        #expect(removed == [true, false])
        let left = [queue.popFirst(), queue.popFirst()]
        #expect(left[0] === first && left[1] == nil)
    }
}
