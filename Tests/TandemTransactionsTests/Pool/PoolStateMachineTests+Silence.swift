import Testing

@testable import TandemTransactions

/// What the pool makes of connections that are broken or do not answer.
extension PoolStateMachineTests {
    @Test func aConnectionIsAskedOnlyAfterItHasBeenIdleForLongerThanTheBypassWindow() throws {
        var pool = try PoolScript(maximumSize: 1)
        _ = pool.release(pool.lease(1)[0])
        pool.pass(.milliseconds(500))
        let idle = pool.idleRequested()
        let lease = try #require(idle)
        _ = pool.release(lease.id)
        pool.pass(.milliseconds(501))
        #expect(pool.idleRequested() == nil)
        #expect(pool.request(11) == ["validate 0"])
        #expect(pool.checked(0, 0) == ["grant 11: 0"])
    }

    @Test func aConnectionThatDoesNotAnswerIsReplacedForTheSameWaiter() throws {
        var pool = try PoolScript(maximumSize: 1)
        _ = pool.release(pool.lease(1)[0])
        pool.pass(.seconds(1))
        _ = pool.request(11)
        #expect(pool.checked(0, 0, isUsable: false) == ["close 0: notAlive"])
        #expect(pool.closed(0) == ["connect 0"])
        #expect(pool.connected(0) == ["grant 11: 1"])
    }

    @Test func whenOneWasBrokenTheOthersAreAskedBeforeTheyAreUsed() throws {
        var pool = try PoolScript(maximumSize: 2)
        let leases = pool.lease(2)
        _ = pool.release(leases[0])
        #expect(pool.release(leases[1], as: .unusable) == ["close 1: unusable"])
        #expect(pool.idleRequested() == nil)
        #expect(pool.request(11) == ["validate 0"])
    }

    /// Each was asked after the other, for 5 s each.
    @Test func whenOneWasSilentThoseThatWereAliveBeforeAreClosedUnasked() throws {
        var pool = try PoolScript(maximumSize: 3)
        let leases = pool.lease(3)
        _ = pool.release(leases[0])
        _ = pool.release(leases[1])
        pool.pass(.seconds(1))
        #expect(pool.request(11) == ["validate 1"])
        pool.pass(.seconds(5))
        #expect(pool.checked(1, 1, isUsable: false) == ["close 1: notAlive", "close 0: notAlive"])
        #expect(pool.closed(0) == ["connect 0"])
        #expect(pool.connected(0) == ["grant 11: 3"])
    }

    @Test func aRequestWithOtherServersToGoToDoesNotWaitForASecondSilence() throws {
        var pool = try PoolScript(maximumSize: 3)
        let leases = pool.lease(3)
        _ = pool.release(leases[0])
        _ = pool.release(leases[1])
        pool.pass(.seconds(1))
        #expect(pool.request(11, failsWhenUnreachable: true) == ["validate 1"])
        #expect(pool.request(12) == ["validate 0"])
        pool.pass(.seconds(5))
        #expect(pool.checked(1, 1, isUsable: false) == ["close 1: notAlive", "fail 11: unreachable"])
        // The other one waits for the server.
        #expect(pool.checked(0, 0, isUsable: false) == ["close 0: notAlive"])
        #expect(pool.closed(0) == ["connect 0"])
    }

    @Test func oneSilentConnectionIsNoSilentServer() throws {
        var pool = try PoolScript(maximumSize: 3)
        let leases = pool.lease(3)
        _ = pool.release(leases[0])
        pool.pass(.seconds(1))
        #expect(pool.request(11, failsWhenUnreachable: true) == ["validate 0"])
        pool.pass(.seconds(1))
        #expect(pool.release(leases[1]) == ["grant 11: 1"])
        #expect(pool.request(12, failsWhenUnreachable: true) == [])
        pool.pass(.seconds(4))
        #expect(pool.checked(0, 0, isUsable: false) == ["close 0: notAlive"])
        #expect(pool.closed(0) == ["connect 0"])
        #expect(pool.connected(0) == ["grant 12: 3"])
    }

    @Test func aWaitThatASilentServerEndsIsToldAsThatWhereThereAreOthers() throws {
        var pool = try PoolScript(maximumSize: 2, acquireTimeout: .seconds(2))
        let leases = pool.lease(2)
        _ = pool.release(leases[0])
        pool.pass(.seconds(1))
        #expect(pool.request(11, failsWhenUnreachable: true) == ["validate 0"])
        #expect(pool.pass(.seconds(2)).contains("fail 11: silent"))
        // All are in use: that says nothing of the server.
        #expect(pool.checked(0, 0) == [])
        #expect(pool.idleRequested()?.connection == 0)
        #expect(pool.request(12, failsWhenUnreachable: true) == [])
        #expect(pool.pass(.seconds(2)) == ["fail 12: timed out"])
    }

    @Test func aDriverThatNeverAnswersIsGivenUpAndWhatComesLateIsClosed() throws {
        var pool = try PoolScript(maximumSize: 1, acquireTimeout: .seconds(60), initializationFailTimeout: nil)
        _ = pool.request(11)
        let late = pool.machine.id(of: 0)
        #expect(pool.pass(.seconds(11)) == ["abandon 0", "unreachable"])
        #expect(pool.passToAlarm() == ["connect 0"])
        #expect(pool.event { $0.connected(late, 7, at: $1) } == ["close 7: late"])
        #expect(pool.connected(0) == ["reachable", "grant 11: 0"])
    }
}
