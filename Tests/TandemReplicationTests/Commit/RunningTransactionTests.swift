import Dispatch
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
