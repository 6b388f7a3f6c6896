import Testing

@testable import TandemTransactions

extension PoolSimulation {
    /// After so many steps the server says nothing any more, and somebody asks who has another one to go to.
    ///
    /// - Returns: how long they waited, and how many connections were idle that nobody knew to be silent.
    mutating func runIntoSilence(steps: Int) -> (wait: Duration, idle: Int) {
        for _ in 0..<steps {
            step()
            ringIfDue()
        }
        enterLate()
        while !waiting.isEmpty { cancelOne() }
        breakAllLeases()
        // Longer than a connection is believed to be alive.
        now += machine.configuration.aliveBypassWindow + .milliseconds(1)
        let (began, idle) = (now, machine.counts.idle)
        lastWaiter += 1
        let id = PoolWaiterID(number: lastWaiter)
        let request = PoolRequest(
            acquirer: Acquirer(transaction: "the reader"), askedAt: began, deadline: began + .seconds(100),
            failsWhenUnreachableFrom: began)
        waiting[id.number] = 0
        tell { $0.requested(id, request, at: $1) }
        while waiting[id.number] != nil { passInSilence() }
        #expect(failures > 0)
        return (now - began, idle)
    }

    /// What was in use broke under its user.
    private mutating func breakAllLeases() {
        let leases = tasks.values.flatMap { $0 }
        tasks = [:]
        for lease in leases { tell { $0.returned(lease.id, as: .unusable, at: $1) } }
        check()
    }

    /// The next moment at which the driver gives up something, or the pool does. Only closing needs no server.
    private mutating func passInSilence() {
        let next = ([machine.alarm] + calls.map(\.call.deadline)).compactMap { $0 }.min() ?? now + .seconds(1)
        now = max(now, next)
        for call in calls {
            let isClosing = if case .close = call.call { true } else { false }
            guard isClosing || call.call.deadline.map({ $0 <= now }) ?? false,
                let place = calls.firstIndex(where: { $0.id == call.id })
            else { continue }
            answer(calls.remove(at: place), succeeds: false)
        }
        ringIfDue()
        check()
    }
}
