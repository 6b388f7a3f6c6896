import Testing

@testable import TandemTransactions

/// What the machine asks for, and what the driver answers.
extension PoolSimulation {
    mutating func answerCall(succeeds: Bool) {
        guard !calls.isEmpty else { return }
        answer(calls.remove(at: Int.random(in: 0..<calls.count, using: &random)), succeeds: succeeds)
    }

    mutating func answerAbandonedCall() {
        if let call = abandonedCalls.popLast() { answer(call, succeeds: Bool.random(using: &random)) }
    }

    mutating func answer(_ call: (id: PoolSlotID, call: Call), succeeds: Bool) {
        switch call.call {
        case .connect where succeeds:
            connectionsMade += 1
            let connection = connectionsMade
            openConnections.insert(connection)
            tell { $0.connected(call.id, connection, at: $1) }
        case .connect: tell { $0.connectFailed(call.id, Failure(), at: $1) }
        case .check(let connection, _): tell { $0.checked(call.id, connection, isUsable: succeeds, at: $1) }
        case .close(let connection):
            openConnections.remove(connection)
            tell { $0.closed(call.id, at: $1) }
        }
    }

    /// Tells the machine of an event that happens now, and notes what it asks for.
    mutating func tell(_ event: (inout Machine, Moment) -> [Machine.Action]) {
        for action in event(&machine, now) {
            switch action {
            case .connect(let id, let deadline): calls.append((id, .connect(until: deadline)))
            case .validate(let id, let connection, let deadline):
                calls.append((id, .check(connection, until: deadline)))
            case .reset(let id, let connection): calls.append((id, .check(connection, until: nil)))
            case .close(let id, let connection, _): calls.append((id, .close(connection)))
            case .abandon(let id):
                abandonedCalls += calls.filter { $0.id == id }
                calls.removeAll { $0.id == id }
            case .grant(let id, let lease): granted(id, lease)
            case .fail(let id, let failure): failed(id, failure)
            case .drained: isDrained = true
            case .reportUnknownLease: Issue.record("a lease was not known")
            case .reportLeak, .reportLeakReturned, .reportUnreachable, .reportReachable: break
            }
        }
    }

    private mutating func granted(_ id: PoolWaiterID, _ lease: Machine.Lease) {
        #expect(waiting.keys.min() == id.number, "the first was not served first")
        guard let task = waiting.removeValue(forKey: id.number) else {
            Issue.record("somebody was answered twice")
            return
        }
        take(lease, task: task)
    }

    private mutating func failed(_ id: PoolWaiterID, _ failure: PoolRequestFailure) {
        failures += 1
        #expect(waiting.removeValue(forKey: id.number) != nil, "somebody was answered twice")
        if case .deadlocked(_, let status) = failure {
            let idlers = status.holders.filter { !$0.waits }.count
            #expect(idlers == 0, "a deadlock was reported while a holder does not wait")
        }
    }
}
