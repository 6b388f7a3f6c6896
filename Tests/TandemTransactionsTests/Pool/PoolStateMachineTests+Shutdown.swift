import Testing

@testable import TandemTransactions

/// How the pool ends.
extension PoolStateMachineTests {
    @Test func aPoolThatShutsDownServesThoseWhoWaitAndRefusesOthers() throws {
        var pool = try PoolScript(maximumSize: 1)
        let lease = pool.lease(1)[0]
        _ = pool.request(11)
        #expect(pool.shutDown(grace: .seconds(30)) == [])
        #expect(pool.request(12) == ["fail 12: closed"])
        // Who holds a connection may need another one to come to its end.
        #expect(pool.request(13, holding: [lease]) == ["fail 13: deadlocked, 1 holders, 1 wait"])
        #expect(pool.release(lease) == ["grant 11: 0"])
        let granted = try #require(pool.lastGranted)
        #expect(pool.release(granted) == ["close 0: shutdown"])
        #expect(pool.closed(0) == ["drained, 0 leased"])
    }

    @Test func afterTheGraceWhatIsInUseIsLeftToItsReturn() throws {
        var pool = try PoolScript(maximumSize: 2)
        let leases = pool.lease(2)
        _ = pool.request(11)
        _ = pool.shutDown(grace: .seconds(20))
        #expect(pool.pass(.seconds(20)) == ["fail 11: closed", "drained, 2 leased"])
        #expect(pool.release(leases[0]) == ["close 0: shutdown"])
        #expect(pool.closed(0) == [])
    }

    @Test func anEmptyPoolEndsAtOnceAndASecondShutdownCanHurryTheFirst() throws {
        var empty = try PoolScript(maximumSize: 2)
        #expect(empty.shutDown(grace: .seconds(30)) == ["drained, 0 leased"])
        var pool = try PoolScript(maximumSize: 1)
        _ = pool.lease(1)
        #expect(pool.shutDown(grace: .seconds(30)) == [])
        #expect(pool.shutDown(grace: .zero) == ["drained, 1 leased"])
    }

    /// It stayed open until its next keep-alive.
    @Test func whenTheLastWaiterOfADrainingPoolGoesTheIdleOnesAreClosed() throws {
        var pool = try PoolScript(maximumSize: 2)
        let leases = pool.lease(2)
        for lease in leases { _ = pool.release(lease) }
        pool.pass(.seconds(1))
        #expect(pool.request(11) == ["validate 1"])
        _ = pool.shutDown(grace: .seconds(30))
        #expect(pool.cancel(11) == ["fail 11: cancelled", "close 0: shutdown"])
        #expect(pool.checked(1, 1) == ["close 1: shutdown"])
    }
}
