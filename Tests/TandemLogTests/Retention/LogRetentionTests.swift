import Testing

@testable import TandemLog

@Suite struct LogRetentionTests {
    /// Ten segments of 100 bytes and 10 records, committed at 10, 20 … seconds; the last one is written.
    private let segments = (0..<10).map { (number: UInt64) -> LogRetention.Segment in
        let first = LogIndex(number * 10 + 1)
        return LogRetention.Segment(
            firstIndex: first, lastIndex: first.advanced(by: 9), byteCount: 100, lastTime: (number + 1) * 10_000_000)
    }

    private func decide(
        keepSize: UInt64 = 0, keepAge: Duration? = nil, limit: UInt64 = 10_000, durable: LogIndex = 100,
        snapshot: LogIndex? = nil, member: LogIndex? = nil, archive: LogIndex? = nil, end: LogIndex? = nil
    ) -> LogRetention.Decision {
        LogRetention(keepSize: keepSize, keepAge: keepAge, limit: limit).decide(
            segments, .init(durable: durable, snapshot: snapshot, member: member, archive: archive, end: end),
            now: 100_000_000)
    }

    @Test func theSegmentThatIsWrittenAlwaysStays() {
        #expect(decide() == .init(below: 91, holder: .active, leavesMemberBehind: false))
    }

    @Test func soMuchIsKeptEvenIfNobodyNeedsIt() {
        #expect(decide(keepSize: 300) == .init(below: 71, holder: .size, leavesMemberBehind: false))
        #expect(decide(keepSize: 301) == .init(below: 61, holder: .size, leavesMemberBehind: false))
        #expect(decide(keepSize: 5000).below == 1)
    }

    @Test func youngRecordsAreKept() {
        #expect(decide(keepAge: .seconds(50)) == .init(below: 51, holder: .age, leavesMemberBehind: false))
        #expect(decide(keepAge: .seconds(1000)).below == 1)
    }

    @Test func whatAMemberLacksIsKeptUpToTheLimit() {
        #expect(decide(member: 35) == .init(below: 31, holder: .member, leavesMemberBehind: false))
        #expect(decide(limit: 500, member: 35) == .init(below: 51, holder: .member, leavesMemberBehind: true))
        #expect(decide(limit: 500, member: 95).leavesMemberBehind == false)
    }

    @Test func whatIsNotArchivedIsKeptUpToTheLimit() {
        #expect(decide(archive: 35) == .init(below: 31, holder: .archive, leavesMemberBehind: false))
        #expect(decide(member: 55, archive: 35).holder == .archive)
        let decision = decide(limit: 500, archive: 35)
        #expect(decision.below == 51 && decision.leavesArchiveBehind && decision.holder == .archive)
        #expect(!decide(limit: 500, archive: 95).leavesArchiveBehind)
    }

    @Test func noMoreGoesThanAnOperatorWants() {
        #expect(decide(limit: 0, end: 45) == .init(below: 41, holder: .request, leavesMemberBehind: false))
        #expect(decide(limit: 0, member: 35, end: 45) == .init(below: 41, holder: .request, leavesMemberBehind: true))
        #expect(decide(limit: 0, snapshot: 25, end: 45).holder == .snapshot)
    }

    @Test func theLimitBeatsAgeAndSize() {
        let decision = decide(keepSize: 100, keepAge: .seconds(1000), limit: 400)
        #expect(decision == .init(below: 61, holder: .age, leavesMemberBehind: false))
    }

    @Test(arguments: [0, 400] as [UInt64]) func whatTheDatabaseNeedsAfterAPowerCutIsNeverPruned(limit: UInt64) {
        #expect(decide(limit: limit, durable: 45) == .init(below: 41, holder: .database, leavesMemberBehind: false))
        #expect(decide(limit: limit, durable: 50).below == 51)
        #expect(decide(limit: limit, durable: 0).below == 1)
    }

    @Test(arguments: [0, 400] as [UInt64]) func whatASnapshotGoesOnWithIsNeverPruned(limit: UInt64) {
        #expect(decide(limit: limit, snapshot: 26) == .init(below: 21, holder: .snapshot, leavesMemberBehind: false))
    }

    @Test func anEmptyLogHasNothingToPrune() {
        let decision = LogRetention().decide([], .init(durable: 0), now: 0)
        #expect(decision == .init(below: 1, holder: .active, leavesMemberBehind: false))
    }
}
