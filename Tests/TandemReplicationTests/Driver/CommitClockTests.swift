import Testing

@testable import TandemReplication

@Suite struct CommitClockTests {
    private let second: UInt64 = 1_000_000

    @Test func commitTimesFollowTheWallClockAndNeverGoBack() {
        var clock = CommitClock()
        clock.recordFound(at: 100 * second)
        #expect(clock.advance(to: 101 * second) == nil)
        #expect(clock.last == 101 * second)
        #expect(clock.advance(to: 99 * second) == nil)
        #expect(clock.last == 101 * second)
        clock.recordFound(at: 50 * second)
        #expect(clock.last == 101 * second)
    }

    @Test func aClockThatIsFarBehindIsToldOnceUntilItHasCaughtUp() {
        var clock = CommitClock()
        clock.recordFound(at: 100 * second)
        #expect(clock.advance(to: 90 * second) == nil, "ten seconds are tolerated")
        #expect(clock.advance(to: 80 * second) == .seconds(20))
        #expect(clock.advance(to: 81 * second) == nil, "it was said")
        #expect(clock.advance(to: 95 * second) == nil)
        #expect(clock.advance(to: 85 * second) == .seconds(15), "it had caught up, and is behind again")
        #expect(clock.last == 100 * second)
    }
}
