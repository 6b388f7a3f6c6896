import Testing

@testable import TandemTransactions

/// What the pool does as time goes by.
extension PoolStateMachineTests {
    @Test func oneInUseIsClosedOnReturnWhenItsLifetimeIsOver() throws {
        var pool = try PoolScript(maximumSize: 1, maximumLifetime: .seconds(10))
        let lease = pool.lease(1)[0]
        pool.pass(.seconds(10))
        #expect(pool.machine.counts.leased == 1)
        #expect(pool.release(lease) == ["close 0: lifetimeOver"])
    }

    @Test func anIdleOneWhoseLifetimeIsOverIsReplaced() throws {
        var pool = try PoolScript(
            maximumSize: 2, minimumIdle: 1, maximumLifetime: .seconds(1000), keepAliveInterval: nil)
        #expect(pool.start() == ["connect 0"])
        #expect(pool.connected(0) == [])
        pool.pass(.seconds(900))
        #expect(pool.machine.counts.idle == 1)
        let actions = pool.pass(.seconds(100))
        #expect(actions.first == "close 0: lifetimeOver", "\(actions)")
        #expect((actions + pool.closed(0)).contains { $0.hasPrefix("connect ") }, "\(actions)")
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

    /// The longest pause in which a server that is back is not asked: a part of the sum in docs/TRANSACTIONS.md, "After a
    /// failover".
    @Test func aServerThatIsGoneIsAskedAgainWithinASecondHoweverLongItIsGone() throws {
        var pool = try PoolScript(maximumSize: 3, acquireTimeout: .seconds(7200))
        for (index, lease) in pool.lease(3).enumerated() {
            _ = pool.release(lease, as: .unusable)
            _ = pool.closed(index)
        }
        #expect(pool.request(11) == ["connect 0"])
        #expect(pool.connectFailed(0) == ["unreachable"])
        let gone = pool.now
        var longest = Duration.zero
        while gone.duration(to: pool.now) < .seconds(3600) {
            let failedAt = pool.now
            var actions = pool.passToAlarm()
            while actions.isEmpty, failedAt.duration(to: pool.now) < .seconds(60) { actions = pool.passToAlarm() }
            try #require(actions == ["connect 0"])
            longest = max(longest, failedAt.duration(to: pool.now))
            #expect(pool.connectFailed(0) == [])
        }
        #expect(longest <= .seconds(1) && longest > .milliseconds(700), "\(longest)")
        #expect(pool.passToAlarm() == ["connect 0"])
        #expect(pool.connected(0) == ["reachable", "grant 11: 3"])
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
}
