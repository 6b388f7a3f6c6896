import Testing

@testable import TandemTransactions

/// What the pool decides, event by event.
@Suite struct PoolStateMachineTests {
    @Test func aRequestMakesAConnectionAndGetsIt() throws {
        var pool = try PoolScript(maximumSize: 2)
        #expect(pool.request(1) == ["connect 0"])
        #expect(pool.connected(0) == ["grant 1: 0"])
        #expect(pool.machine.counts.leased == 1)
    }

    @Test func anIdleConnectionIsTakenAtOnceAndTheLastUsedOneFirst() throws {
        var pool = try PoolScript(maximumSize: 2)
        let leases = pool.lease(2)
        pool.pass(.milliseconds(1))
        #expect(pool.release(leases[0]) == [])
        pool.pass(.milliseconds(1))
        #expect(pool.release(leases[1]) == [])
        #expect(pool.idleRequested()?.connection == 1)
    }

    @Test func aConnectionForWhichNobodyWaitsRestsAtOnceAndAnyOtherDoesNot() throws {
        var pool = try PoolScript(maximumSize: 2)
        let leases = pool.lease(2)
        #expect(pool.rest(leases[0]) == true)
        #expect(pool.rest(leases[0]) == false, "it has been returned")
        _ = pool.event { $0.allEvicted(at: $1) }
        #expect(pool.rest(leases[1]) == false, "it is to be closed")
        #expect(pool.release(leases[1]) == ["close 1: evicted"])

        var waited = try PoolScript(maximumSize: 1)
        let lease = waited.lease(1)[0]
        _ = waited.request(11)
        #expect(waited.rest(lease) == false, "somebody waits")
        #expect(waited.release(lease) == ["grant 11: 0"])
    }

    @Test func whatIsReturnedGoesToWhoeverWaitsLongest() throws {
        var pool = try PoolScript(maximumSize: 1)
        let lease = pool.lease(1)[0]
        for waiter in [11, 12, 13] { #expect(pool.request(waiter) == []) }
        #expect(pool.release(lease) == ["grant 11: 0"])
        #expect(pool.idleRequested() == nil)
    }

    /// A request is numbered before it comes to the queue, and others may have come in between.
    @Test func aRequestThatCameLateKeepsItsPlace() throws {
        var pool = try PoolScript(maximumSize: 1)
        let lease = pool.lease(1)[0]
        for waiter in [12, 11, 13] { #expect(pool.request(waiter) == []) }
        #expect(pool.release(lease) == ["grant 11: 0"])
        #expect(pool.cancel(13) == ["fail 13: cancelled"])
        #expect(pool.machine.queue.map(\.id.number) == [12])
    }

    @Test func nobodyIsOvertakenWhileOthersWait() throws {
        var pool = try PoolScript(maximumSize: 2)
        let leases = pool.lease(2)
        #expect(pool.request(11) == [])
        #expect(pool.release(leases[0], as: .needsReset) == ["reset 0"])
        #expect(pool.idleRequested() == nil)
        #expect(pool.checked(0, 0) == ["grant 11: 0"])
    }

    @Test func aWaiterThatIsCancelledLeavesTheQueueAndTheNextIsServed() throws {
        var pool = try PoolScript(maximumSize: 1)
        let lease = pool.lease(1)[0]
        _ = pool.request(11)
        _ = pool.request(12)
        #expect(pool.cancel(11) == ["fail 11: cancelled"])
        #expect(pool.release(lease) == ["grant 12: 0"])
        // It has been answered: cancelling it changes nothing.
        #expect(pool.cancel(12) == [])
    }

    @Test func aRequestWithOtherServersToGoToFailsWithTheFirstAttempt() throws {
        var pool = try PoolScript(maximumSize: 1)
        #expect(pool.request(11, failsWhenUnreachable: true) == ["connect 0"])
        #expect(pool.connectFailed(0) == ["unreachable", "fail 11: unreachable"])
        // The next does not even try while the pause lasts.
        #expect(pool.request(12, failsWhenUnreachable: true) == ["fail 12: unreachable"])
    }

    @Test func theRequestThatWouldCloseTheCircleFailsAndNamesTheHolders() throws {
        var pool = try PoolScript(maximumSize: 2)
        let leases = pool.lease(2)
        #expect(pool.request(11, holding: [leases[0]]) == [])
        #expect(pool.request(12, holding: [leases[1]]) == ["fail 12: deadlocked, 2 holders, 2 wait"])
        // The other one goes on waiting, and is served when the one that failed gives back what it held.
        #expect(pool.release(leases[1]) == ["grant 11: 1"])
    }

    @Test func aWaitIsNoDeadlockWhileOneHolderDoesNotWait() throws {
        var pool = try PoolScript(maximumSize: 2)
        let leases = pool.lease(2)
        #expect(pool.request(11, holding: [leases[0]]) == [])
        #expect(pool.request(12, holding: [leases[0]]) == [])
        #expect(pool.request(13) == [])
        #expect(pool.cancel(11) == ["fail 11: cancelled"])
        #expect(pool.cancel(12) == ["fail 12: cancelled"])
        #expect(pool.machine.heldByWaiters == 0)
        #expect(pool.request(14, holding: [leases[1]]) == [])
    }

    @Test func whatIsEvictedIsClosedWhenItIsNotInUse() throws {
        var pool = try PoolScript(maximumSize: 2)
        let leases = pool.lease(2)
        _ = pool.release(leases[0])
        #expect(pool.event { $0.allEvicted(at: $1) } == ["close 0: evicted"])
        #expect(pool.release(leases[1]) == ["close 1: evicted"])
    }

    @Test func oneThatLedAstrayIsClosedAndTheOthersAreAsked() throws {
        var pool = try PoolScript(maximumSize: 3)
        let leases = pool.lease(3)
        _ = pool.release(leases[0])
        #expect(pool.event { $0.ledAstray(leases[1], at: $1) } == [])
        #expect(pool.release(leases[1]) == ["close 1: evicted"])
        #expect(pool.idleRequested() == nil)
        #expect(pool.request(11) == ["validate 0"])
        #expect(pool.checked(0, 0) == ["grant 11: 0"])
        #expect(pool.release(leases[2]) == [])
    }

    @Test func whatIsBeingMadeWhileAllAreEvictedIsClosedToo() throws {
        var pool = try PoolScript(maximumSize: 1)
        _ = pool.request(11)
        #expect(pool.event { $0.allEvicted(at: $1) } == [])
        #expect(pool.connected(0) == ["close 0: evicted"])
        #expect(pool.closed(0) == ["connect 0"])
        #expect(pool.connected(0) == ["grant 11: 1"])
    }

    @Test func aLeaseCanBeReturnedOnce() throws {
        var pool = try PoolScript(maximumSize: 1)
        let lease = pool.lease(1)[0]
        #expect(pool.release(lease) == [])
        #expect(pool.release(lease) == ["unknown lease"])
        #expect(pool.machine.counts.idle == 1)
    }
}
