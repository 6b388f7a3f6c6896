import Testing

@testable import TandemTransactions

extension PoolSimulation {
    /// What must hold whenever the machine has dealt with an event.
    func check() {
        checkPlaces()
        checkConnections()
        checkWaiters()
    }

    private func checkPlaces() {
        var counts = PoolSlotCounts()
        for slot in machine.slots { counts.add(1, to: slot.state.kind) }
        #expect(counts == machine.counts)
        #expect(counts.sum == machine.configuration.maximumSize)
        let idle = machine.slots.indices.filter { if case .idle = machine.slots[$0].state { true } else { false } }
        #expect(machine.idle.sorted() == idle)
        let moments = machine.idle.map { machine.slots[$0].idleSince }
        #expect(moments == moments.sorted())
    }

    /// None is lost, and there are never more than the maximum but for those that the driver was slow with.
    private func checkConnections() {
        var known = Set(machine.slots.compactMap(\.connection))
        #expect(known.count + machine.counts.connecting <= machine.configuration.maximumSize)
        for (_, call) in calls + abandonedCalls {
            switch call {
            case .connect: break
            case .check(let connection, _), .close(let connection): known.insert(connection)
            }
        }
        #expect(openConnections.subtracting(known).isEmpty, "a connection was lost")
        #expect(machine.counts.leased == tasks.values.joined().count)
        for index in machine.slots.indices {
            switch machine.slots[index].state {
            case .free, .connecting: #expect(machine.slots[index].connection == nil)
            case .idle, .leased, .validating, .keepingAlive, .resetting, .closing:
                #expect(machine.slots[index].connection != nil)
            }
        }
    }

    private func checkWaiters() {
        #expect(machine.queue.map(\.id.number) == waiting.keys.sorted())
        if !machine.queue.isEmpty, !machine.idle.isEmpty {
            #expect(machine.counts.validating >= machine.queue.count, "somebody waits while a connection is idle")
        }
        let held = machine.slots.filter { $0.askers > 0 }.count
        #expect(machine.heldByWaiters == held)
        #expect(held < machine.configuration.maximumSize, "all wait for each other")
    }
}
