import NIOConcurrencyHelpers
import PostgresWire
import Testing

@testable import Tandem

@Suite struct AdvisoryLocksTests {
    private typealias Table = AdvisoryLockTable

    private func request(
        _ owner: Int32, _ key: Int64 = 1, _ mode: Table.Mode = .exclusive, _ scope: Table.Scope = .session
    ) -> Table.Request {
        Table.Request(owner: owner, key: AdvisoryKey(key), mode: mode, scope: scope)
    }

    @Test func oneOwnerHasALockAsOftenAsItHasTakenIt() {
        var table = Table()
        #expect(table.take(request(1)) == .granted && table.take(request(1)) == .granted)
        #expect(table.take(request(2)) == .unavailable)
        #expect(table.release(request(1)).wasHeld)
        #expect(table.take(request(2)) == .unavailable)
        #expect(table.release(request(1)).wasHeld)
        #expect(!table.release(request(1)).wasHeld)
        #expect(table.take(request(2)) == .granted)
        #expect(table.take(request(1, 2)) == .granted && table.count == 2)
    }

    @Test func whoComesFirstIsServedFirst() {
        var table = Table()
        _ = table.take(request(1))
        for owner: Int32 in [2, 3] { #expect(table.wait(for: request(owner)) == .waits) }
        // Nobody goes before those who wait, even if there were room.
        #expect(table.take(request(4, 1, .shared)) == .unavailable)
        #expect(table.release(request(1)).granted == [request(2)])
        #expect(table.withdraw(request(2)) == [request(3)])
        #expect(table.end(3).isEmpty && table.count == 0 && table.rows.isEmpty)
    }

    @Test func sharedLocksGoTogether() {
        var table = Table()
        #expect(table.take(request(1, 1, .shared)) == .granted && table.take(request(2, 1, .shared)) == .granted)
        #expect(table.wait(for: request(3)) == .waits)
        for owner: Int32 in [4, 5] { #expect(table.wait(for: request(owner, 1, .shared)) == .waits) }
        // Who has it is given it again, whoever waits.
        #expect(table.take(request(1, 1, .shared)) == .granted)
        #expect(table.end(2).isEmpty)
        #expect(table.end(1) == [request(3)])
        #expect(table.release(request(3)).granted == [request(4, 1, .shared), request(5, 1, .shared)])
        // The other mode is another lock to give back.
        #expect(!table.release(request(4)).wasHeld)
    }

    @Test func whoHasALockInOneModeGoesBeforeThoseWhoWaitForHim() {
        var table = Table()
        for owner: Int32 in [1, 2] { _ = table.take(request(owner, 1, .shared)) }
        #expect(table.wait(for: request(3)) == .waits)
        #expect(table.wait(for: request(1)) == .waits)
        #expect(table.release(request(2, 1, .shared)).granted == [request(1)])
        #expect(table.release(request(1)).granted.isEmpty)
        #expect(table.release(request(1, 1, .shared)).granted == [request(3)])
    }

    @Test func theEndOfTheTransactionGivesBackItsOwn() {
        var table = Table()
        _ = table.take(request(1))
        _ = table.take(request(1, 1, .exclusive, .transaction))
        _ = table.take(request(1, 2, .exclusive, .transaction))
        #expect(table.wait(for: request(2, 2)) == .waits)
        #expect(table.releaseAll(of: 1, .transaction) == [request(2, 2)])
        #expect(table.take(request(2)) == .unavailable)
        #expect(!table.release(request(1, 1, .exclusive, .transaction)).wasHeld)
        _ = table.releaseAll(of: 1, .session)
        #expect(table.take(request(2)) == .granted)
    }

    @Test func whoWaitForEachOtherAreTold() {
        var table = Table()
        for owner: Int32 in [1, 2, 3] { _ = table.take(request(owner, Int64(owner))) }
        #expect(table.wait(for: request(1, 2)) == .waits)
        #expect(table.wait(for: request(2, 3)) == .waits)
        #expect(table.wait(for: request(3, 1)) == .deadlock)
        // It waits no longer, and the others do.
        #expect(table.rows.filter { !$0.isGranted }.map(\.owner) == [1, 2])
        #expect(table.release(request(3, 3)).granted == [request(2, 3)])

        // Two who share a lock and want it alone.
        for owner: Int32 in [8, 9] { _ = table.take(request(owner, 7, .shared)) }
        #expect(table.wait(for: request(8, 7)) == .waits)
        #expect(table.wait(for: request(9, 7)) == .deadlock)
    }

    @Test func thereIsALimit() {
        var table = Table()
        for key in 0..<Int64(Table.maximumCount) { _ = table.take(request(1, key)) }
        #expect(table.take(request(1, -1)) == .full && table.take(request(1, 0)) == .granted)
        _ = table.end(1)
        #expect(table.take(request(1, -1)) == .granted)
    }

    @Test func whoHasWaitedIsWoken() {
        let locks = AdvisoryLocks()
        let woken = NIOLockedValueBox<[Int32]>([])
        func wait(_ owner: Int32) -> Bool {
            locks.wait(for: request(owner)) { woken.withLockedValue { $0.append(owner) } }
        }
        #expect(wait(1) && woken.withLockedValue { $0 } == [1])
        #expect(wait(2) && wait(3) && woken.withLockedValue { $0 } == [1])
        // In vain, and then too late.
        locks.withdraw(request(2))
        #expect(locks.release(request(1)) && woken.withLockedValue { $0 } == [1, 3])
        locks.withdraw(request(3))
        #expect(locks.take(request(4)) == .granted)
        locks.end(4)
        #expect(locks.json == "[]")
    }

    @Test(arguments: [
        ("advisory_lock:-1", AdvisoryKey(-1)), ("try_advisory_lock:9223372036854775807", AdvisoryKey(.max)),
        ("advisory_xact_lock_shared:1,-2", AdvisoryKey(1, -2)),
    ])
    func callsAreRead(_ text: String, _ key: AdvisoryKey) throws {
        let call = try AdvisoryCall(text[...])
        #expect(call.key == key)
        #expect((call.action == .tryToLock) == text.hasPrefix("try"))
        #expect((call.mode == .shared) == text.contains("shared"))
        #expect((call.scope == .transaction) == text.contains("xact"))
    }

    @Test(arguments: [
        ("advisory_lock:x", "22P02"), ("advisory_lock:1.5", "22P02"), ("advisory_lock:", "22P02"),
        ("advisory_lock:9223372036854775808", "22003"), ("advisory_unlock:1,2147483648", "22003"),
    ])
    func whatIsNoNumberIsRefused(_ text: String, _ code: String) throws {
        let error = #expect(throws: PostgresError.self) { _ = try AdvisoryCall(text[...]) }
        #expect(error?.code == SQLState(code))
    }

    @Test func oneNumberIsAnotherLockThanTwo() {
        #expect(AdvisoryKey(1) != AdvisoryKey(0, 1))
        #expect(AdvisoryKey(1 << 32 + 2).classID == 1 && AdvisoryKey(1 << 32 + 2).objectID == 2)
    }

    /// The embedding program has no session that could have them.
    @Test func withoutASessionThereAreNone() throws {
        var texts = StatementTexts()
        let error = #expect(throws: PostgresError.self) { _ = try texts.text("SELECT pg_advisory_xact_lock(1)") }
        #expect(error?.code == .featureNotSupported)
        let other = try texts.text("SELECT hashtext('a')")
        #expect(!other.countsRows)
    }

    /// A statement that had to wait runs again, and is answered as before.
    @Test func aStatementThatRunsAgainTakesNothingTwice() {
        var calls = AdvisoryCalls()
        calls.answered("advisory_lock:1", "", taken: request(1, 1))
        calls.answered("advisory_unlock:9", "1")
        calls.waits(for: request(1, 2), "advisory_lock:2")
        #expect(calls.awaited == request(1, 2))
        calls.arrived()
        #expect(calls.awaited == nil)
        #expect(calls.earlierAnswer(to: "advisory_unlock:9") == "1" && calls.earlierAnswer(to: "advisory_lock:2") == "")
        #expect(calls.earlierAnswer(to: "advisory_lock:2") == nil)
        // What it does not ask for again is given back.
        #expect(calls.statementEnded() == [request(1, 1)])
        #expect(calls.statementEnded().isEmpty && calls.statementFailed() == nil)
        calls.waits(for: request(1, 2), "advisory_lock:2")
        #expect(calls.statementFailed() == request(1, 2))
        #expect(calls.earlierAnswer(to: "advisory_lock:2") == nil)
    }

    /// Whether it has come at once or was waited for.
    @Test func aLockOfTheTransactionThatWasWaitedForEndsWithIt() {
        var calls = AdvisoryCalls()
        calls.waits(for: request(1, 2), "advisory_lock:2")
        #expect(!calls.hasTransactionLocks)
        calls.waits(for: request(1, 3, .exclusive, .transaction), "advisory_xact_lock:3")
        calls.arrived()
        #expect(calls.earlierAnswer(to: "advisory_xact_lock:3") == "" && calls.hasTransactionLocks)
    }

    @Test func aStatementOfTooManyCallsCannotRunAgain() {
        var calls = AdvisoryCalls()
        for number in 0..<AdvisoryCalls.maximumCount {
            #expect(calls.isRepeatable)
            calls.answered("advisory_unlock:\(number)", "0")
        }
        #expect(!calls.isRepeatable)
        _ = calls.statementEnded()
        #expect(calls.isRepeatable)
    }
}
