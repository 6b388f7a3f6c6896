import Foundation
import TandemLog
import TandemSQLite
import Testing

@testable import TandemReplication

/// What the members of a group are told, and when: the database thread with a real connection and a replication thread
/// that the test plays.
@Suite struct GroupAnswerTests {
    @Test func whoSawOthersOfALostGroupIsToldNothingOfThem() throws {
        let bed = try DatabaseThreadBed()
        defer { bed.stop() }
        let writes = TestTransaction("INSERT INTO book VALUES (1)")
        let collides = TestTransaction("INSERT INTO book VALUES (1)")
        let looks = TestTransaction("UPDATE book SET id = id WHERE id = 2")
        bed.submitTogether([writes, collides, looks])
        bed.thread.groupRejected(LogError(.diskFull, "The disk is full."))
        #expect(bed.outcome(of: writes) == "LogError diskFull")
        // Its own error, a duplicate key, would show the row that never was.
        #expect(bed.outcome(of: collides) == "groupLost")
        #expect(bed.outcome(of: looks) == "groupLost")
    }

    /// It was told to run again, for ever, although it had seen nothing of others.
    @Test func whoEndsAGroupThatItSharesWithNobodyIsToldWhy() throws {
        let bed = try DatabaseThreadBed()
        defer { bed.stop() }
        let ends = TestTransaction("INSERT OR ROLLBACK INTO book VALUES (1), (1)")
        bed.submit([ends])
        #expect(bed.outcome(of: ends).hasPrefix("UNIQUE constraint failed"))
    }

    @Test func whoEndsAGroupBehindOthersIsToldNothingOfThem() throws {
        let bed = try DatabaseThreadBed()
        defer { bed.stop() }
        let writes = TestTransaction("INSERT INTO book VALUES (1)")
        let ends = TestTransaction("INSERT OR ROLLBACK INTO book VALUES (1)")
        bed.submit([writes, ends])
        #expect(bed.outcome(of: writes) == "groupLost")
        #expect(bed.outcome(of: ends) == "groupLost")
    }

    @Test func whoOpensAGroupTakesNobodyAlong() throws {
        let bed = try DatabaseThreadBed()
        defer { bed.stop() }
        let writes = TestTransaction("INSERT INTO book VALUES (1)")
        let ends = TestTransaction("INSERT OR ROLLBACK INTO book VALUES (1)", opensGroup: true)
        bed.submitTogether([writes, ends])
        bed.thread.groupAccepted(first: 2, epoch: DatabaseThreadBed.epoch, flush: nil, nextSegment: 1)
        bed.thread.commitAdvanced(
            to: Position(epoch: DatabaseThreadBed.epoch, index: 2), history: DatabaseThreadBed.history, atOnce: true)
        #expect(bed.outcome(of: writes) == "committed 2")
        #expect(bed.outcome(of: ends).hasPrefix("UNIQUE constraint failed"))
    }

    @Test func whoOnlyLookedIsLetGoWithItsTimeout() throws {
        let bed = try DatabaseThreadBed()
        defer { bed.stop() }
        let writes = TestTransaction("INSERT INTO book VALUES (1)")
        let looks = TestTransaction("UPDATE book SET id = id WHERE id = 2", commitTimeout: .milliseconds(1))
        bed.submitTogether([writes, looks])
        bed.thread.groupAccepted(first: 2, epoch: DatabaseThreadBed.epoch, flush: nil, nextSegment: 1)
        #expect(bed.outcome(of: looks) == "waitBrokenOff")
        bed.thread.commitAdvanced(
            to: Position(epoch: DatabaseThreadBed.epoch, index: 2), history: DatabaseThreadBed.history, atOnce: true)
        #expect(bed.outcome(of: writes) == "committed 2")
    }

    @Test func theFirstOfAGroupDoesNotWaitForOthersIfItChangedNothing() throws {
        let bed = try DatabaseThreadBed()
        defer { bed.stop() }
        let looks = TestTransaction("UPDATE book SET id = id WHERE id = 2")
        let writes = TestTransaction("INSERT INTO book VALUES (1)")
        bed.submitTogether([looks, writes])
        #expect(bed.outcome(of: looks) == "committed -")
        bed.thread.groupRejected(LogError(.diskFull, "The disk is full."))
        #expect(bed.outcome(of: writes) == "LogError diskFull")
    }
}
