import Testing

@testable import TandemTransactions

/// What the pool decides, event by event.
@Suite struct PoolStateMachineTests {
    typealias Machine = PoolStateMachine<Int>

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

    @Test func oneInUseIsClosedOnReturnWhenItsLifetimeIsOver() throws {
        var pool = try PoolScript(maximumSize: 1, maximumLifetime: .seconds(10))
        let lease = pool.lease(1)[0]
        pool.pass(.seconds(10))
        #expect(pool.machine.counts.leased == 1)
        #expect(pool.release(lease) == ["close 0: lifetimeOver"])
    }

    @Test func lifetimesAreSpreadOverTheirLastTenth() throws {
        var pool = try PoolScript(maximumSize: 100, maximumLifetime: .seconds(1000))
        _ = pool.lease(100)
        let lifetimes = pool.machine.slots.compactMap { $0.retiresAt.map { pool.now.duration(to: $0) } }
        #expect(lifetimes.count == 100)
        #expect(Set(lifetimes).count > 90)
        #expect(lifetimes.allSatisfy { $0 > .seconds(900) && $0 <= .seconds(1000) })
    }

    @Test func idleOnesAboveTheMinimumAreClosedThoseUsedLeastRecentlyFirst() throws {
        var pool = try PoolScript(maximumSize: 3, minimumIdle: 1, idleTimeout: .seconds(60), keepAliveInterval: nil)
        let leases = pool.lease(3)
        _ = pool.start()
        for lease in leases {
            _ = pool.release(lease)
            pool.pass(.seconds(1))
        }
        #expect(pool.pass(.seconds(60)) == ["close 0: idleTooLong", "close 1: idleTooLong"])
        #expect(pool.machine.counts.idle == 1)
    }

    /// The alarm rang a thousand times a second while a connection at the minimum was idle for longer than the timeout.
    @Test func whatIsKeptAlthoughIdleForLongDoesNotRingTheAlarm() throws {
        var pool = try PoolScript(
            maximumSize: 2, minimumIdle: 1, idleTimeout: .seconds(60), maximumLifetime: nil, keepAliveInterval: nil)
        let leases = pool.lease(2)
        _ = pool.start()
        for lease in leases { _ = pool.release(lease) }
        #expect(pool.pass(.seconds(60)) == ["close 0: idleTooLong"])
        _ = pool.closed(0)
        pool.pass(.seconds(120))
        #expect(pool.machine.counts.idle == 1)
        #expect(pool.machine.alarm.map { $0 > pool.now + .seconds(3600) } ?? true)
    }

    @Test func anIdleConnectionIsKeptAlive() throws {
        var pool = try PoolScript(maximumSize: 1, keepAliveInterval: .seconds(120))
        _ = pool.release(pool.lease(1)[0])
        #expect(pool.pass(.seconds(120)) == ["validate 0"])
        #expect(pool.checked(0, 0) == [])
        #expect(pool.machine.counts.idle == 1)
    }

    @Test func aStartedPoolKeepsItsMinimumReady() throws {
        var pool = try PoolScript(maximumSize: 3, minimumIdle: 2)
        #expect(pool.start() == ["connect 0", "connect 1"])
        #expect(pool.connected(0) == [])
        #expect(pool.connected(1) == [])
        #expect(pool.idleRequested() != nil)
        #expect(pool.machine.counts.idle == 1)
        #expect(pool.machine.isBelowMinimum)
        #expect(pool.event { $0.idleTaken(at: $1) } == ["connect 2"])
    }

    @Test func aLeakIsReportedOnceAndItsReturnToo() throws {
        var pool = try PoolScript(maximumSize: 1, leakDetectionThreshold: .seconds(5))
        let lease = pool.lease(1)[0]
        #expect(pool.pass(.seconds(5)) == ["leak"])
        #expect(pool.pass(.seconds(5)) == [])
        #expect(pool.release(lease) == ["leak returned"])
    }

    @Test func attemptsToConnectBackOffAndTheTimeoutTellsTheLastFailure() throws {
        var pool = try PoolScript(maximumSize: 2, acquireTimeout: .seconds(10), initializationFailTimeout: nil)
        #expect(pool.request(11) == ["connect 0"])
        #expect(pool.connectFailed(0) == ["unreachable"])
        var attempts = 0
        var answers: [String] = []
        while answers.isEmpty, attempts < 100 {
            for action in pool.passToAlarm() {
                if action.hasPrefix("connect") {
                    attempts += 1
                    #expect(pool.connectFailed(0) == [])
                } else {
                    answers.append(action)
                }
            }
        }
        #expect(answers == ["fail 11: timed out, last failure"])
        // 50, 100, 200, 400, 800 ms, then one a second, each up to a quarter shorter.
        #expect((10...20).contains(attempts))
    }

    @Test func aPoolThatNeverHadAConnectionFailsItsRequestsAfterTheInitializationTimeout() throws {
        var pool = try PoolScript(maximumSize: 1, initializationFailTimeout: .seconds(1))
        _ = pool.request(11)
        let begun = pool.now
        var answer = pool.connectFailed(0)
        while !answer.contains("fail 11: unreachable"), pool.now < begun + .seconds(10) {
            answer = pool.passToAlarm().contains("connect 0") ? pool.connectFailed(0) : []
        }
        #expect(answer.contains("fail 11: unreachable"))
        #expect(begun.duration(to: pool.now) >= .seconds(1))
        #expect(begun.duration(to: pool.now) < .seconds(3))
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

    @Test func aDriverThatNeverAnswersIsGivenUpAndWhatComesLateIsClosed() throws {
        var pool = try PoolScript(maximumSize: 1, acquireTimeout: .seconds(60), initializationFailTimeout: nil)
        _ = pool.request(11)
        let late = pool.machine.id(of: 0)
        #expect(pool.pass(.seconds(11)) == ["abandon 0", "unreachable"])
        #expect(pool.passToAlarm() == ["connect 0"])
        #expect(pool.event { $0.connected(late, 7, at: $1) } == ["close 7: late"])
        #expect(pool.connected(0) == ["reachable", "grant 11: 0"])
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

    // MARK: The end

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
