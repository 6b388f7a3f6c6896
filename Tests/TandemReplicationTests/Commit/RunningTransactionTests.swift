import Foundation
import TandemLog
import TandemSQLite
import Testing

@testable import TandemReplication

@Suite struct RunningTransactionTests {
    /// A cancel that came late stopped the statement of whoever ran next.
    @Test func nothingOfAnotherBeginsWhileSomethingIsDoneToTheOneThatRuns() throws {
        let bed = try DatabaseThreadBed()
        defer { bed.stop() }
        let first = PausedTransaction()
        let second = PausedTransaction()
        bed.thread.monitor.signal { state in
            state.waiting.append(first)
            state.waiting.append(second)
        }
        first.began.wait()
        #expect(!bed.thread.whileRunning(second) { Issue.record("it does not run yet") })
        let isRunning = bed.thread.whileRunning(first) {
            first.mayEnd.signal()
            #expect(second.began.wait(timeout: .now() + .milliseconds(200)) == .timedOut)
        }
        #expect(isRunning)
        second.began.wait()
        #expect(!bed.thread.whileRunning(first) { Issue.record("it does not run any more") })
        second.mayEnd.signal()
    }

    /// What waits when a reign ends is of the next one; it joined the group of what ran.
    @Test func nobodyJoinsAGroupWhoseReignHasEnded() throws {
        let bed = try DatabaseThreadBed()
        defer { bed.stop() }
        let (first, second) = (PausedTransaction(), PausedTransaction())
        bed.thread.monitor.signal { state in
            state.waiting.append(first)
            state.waiting.append(second)
        }
        first.began.wait()
        bed.thread.close(reason: "it may reign again", forGood: false)
        first.mayEnd.signal()
        // A group is answered when all of it has run.
        #expect(bed.outcome(of: first) == "committed -")
        #expect(second.began.wait(timeout: .now()) == .timedOut)
        bed.thread.open(segment: 1)
        second.mayEnd.signal()
        #expect(bed.outcome(of: second) == "committed -")
    }

    /// A node that has been deposed applied nothing of the new reign as long as an old statement ran.
    @Test func aTransactionThatRunsIsStoppedWhereAnotherNodeHasBecomeThePrimary() throws {
        let bed = try DatabaseThreadBed()
        defer { bed.stop() }
        let begun = DispatchSemaphore(value: 0)
        let endless = TestTransaction(
            "INSERT INTO book WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            begins: begun)
        bed.thread.submit(endless)
        begun.wait()
        bed.thread.close(reason: "another reign", forGood: false)
        let goesOn = bed.thread.whileRunning(endless) {}
        #expect(goesOn, "it may be this node that goes on")
        // The statement may be about to begin.
        while bed.thread.whileRunning(endless, {}) {
            bed.thread.close(reason: "another reign", forGood: true)
            sched_yield()
        }
        #expect(bed.outcome(of: endless) == "\(DatabaseThreadError.noLongerPrimary)")
    }

    /// The thread would wait for an answer for ever, and with it who waits for its end.
    @Test func aGroupThatNobodyAnswersAnyMoreHasNotHappened() throws {
        let bed = try DatabaseThreadBed()
        let transaction = TestTransaction("INSERT INTO book VALUES (1)")
        bed.submitTogether([transaction])
        bed.thread.close(reason: "the node has stopped", forGood: true)
        bed.thread.replicationEnded()
        let outcome = bed.outcome(of: transaction)
        #expect(outcome == "\(DatabaseThreadError.noLongerPrimary)")
        if outcome != "not answered" { bed.stop() }
    }
}

/// A transaction that changes nothing, and ends when it may.
private final class PausedTransaction: WriteTransaction {
    let isInteractive = false
    let waitDeadline: ContinuousClock.Instant? = nil
    let commitTimeout: Duration? = nil
    let began = DispatchSemaphore(value: 0)
    let mayEnd = DispatchSemaphore(value: 0)

    func execute(on connection: WriterConnection) throws {
        began.signal()
        mayEnd.wait()
    }

    func commitIsWaiting(_ position: Position?) {}
    func turnIsWaiting() {}
    func threadStops() {}
}
