import Foundation
import TandemLog
import Testing

@testable import TandemReplication

/// A log of an epoch record at second 0 and a record each second after it; times are in microseconds.
@Suite final class DelayedRecordsTests {
    private let directory = NSTemporaryDirectory() + "tandem-delayed-\(UUID().uuidString)"
    private let log: Log
    private static let second: UInt64 = 1_000_000

    init() throws {
        let node = MachineTests.first
        let epoch = Epoch(counter: 1, node: node)
        let members = MemberRecord(
            members: [Member(node: node, address: "one:1")], acknowledgements: .count(0), mayDegrade: false)
        log = try Log.open(directory: directory, group: MachineTests.group).log
        for number in 0..<10 as Range<UInt64> {
            var buffer = RecordBuffer()
            if number == 0 {
                try buffer.append(EpochRecord(epoch: epoch, promises: [], members: members, forced: false))
            } else {
                try buffer.append(members)
            }
            buffer.seal(
                epochCounter: 1, firstIndex: LogIndex(number + 1), time: number * Self.second,
                previousChecksum: log.lastChecksum, beginsSegment: log.beginsSegmentNext)
            try log.append(try buffer.takeBatch(), knownCommit: .zero)
        }
        try log.flush()
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func delayed(_ delay: Duration) -> DelayedRecords { DelayedRecords(directory: directory, delay: delay) }

    @Test func aRecordMayBeAppliedWhenItsCommitIsOldEnoughAndNotBefore() throws {
        let delayed = delayed(.seconds(100))
        #expect(try delayed.advance(after: .zero, through: 10, now: 100 * Self.second - 1) == .zero)
        #expect(delayed.nextDue == 100 * Self.second && delayed.oldest == 0)
        #expect(!delayed.wantsToAdvance(after: .zero, through: 10, now: 100 * Self.second - 1))
        #expect(delayed.wantsToAdvance(after: .zero, through: 10, now: 100 * Self.second))
        #expect(try delayed.advance(after: .zero, through: 10, now: 103 * Self.second) == 4)
        #expect(try delayed.advance(after: 4, through: 10, now: 103 * Self.second) == 4)
        #expect(delayed.nextDue == 104 * Self.second)
        #expect(try delayed.advance(after: 4, through: 10, now: 1000 * Self.second) == 10)
        #expect(!delayed.wantsToAdvance(after: 10, through: 10, now: 1000 * Self.second) && delayed.nextDue == nil)
    }

    @Test func nothingAboveTheEndIsReadOrApplied() throws {
        let delayed = delayed(.milliseconds(1))
        #expect(try delayed.advance(after: .zero, through: 3, now: 1000 * Self.second) == 3)
        #expect(!delayed.wantsToAdvance(after: 3, through: 3, now: 1000 * Self.second))
        #expect(delayed.wantsToAdvance(after: 3, through: 7, now: 1000 * Self.second))
        #expect(try delayed.advance(after: 3, through: 7, now: 1000 * Self.second) == 7)
        // What is old enough and held back all the same is not taken for news.
        #expect(try delayed.advance(after: 5, through: 5, now: 1000 * Self.second) == 5)
        #expect(!delayed.wantsToAdvance(after: 5, through: 5, now: 1000 * Self.second))
    }

    @Test func itGoesOnBehindWhatTheDatabaseHasAppliedWithoutIt() throws {
        let delayed = delayed(.seconds(100))
        #expect(try delayed.advance(after: .zero, through: 10, now: 102 * Self.second) == 3)
        #expect(try delayed.advance(after: 8, through: 10, now: 102 * Self.second) == 8)
        #expect(delayed.oldest == 8 * Self.second)
        #expect(try delayed.advance(after: 8, through: 10, now: 108 * Self.second) == 9)
    }

    @Test func aClockThatIsSetBackOnlyMakesItWait() throws {
        let delayed = delayed(.seconds(100))
        #expect(try delayed.advance(after: .zero, through: 10, now: 105 * Self.second) == 6)
        #expect(try delayed.advance(after: 6, through: 10, now: 1) == 6)
        #expect(try delayed.advance(after: 6, through: 10, now: 106 * Self.second) == 7)
    }
}
