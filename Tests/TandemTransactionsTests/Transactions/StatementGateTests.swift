import Testing

@testable import TandemTransactions

@Suite struct StatementGateTests {
    typealias Gate = StatementGate<String>

    /// A gate whose connection is taken, with these waiting.
    private func taken(waiting: String...) -> (gate: Gate, tickets: [UInt64]) {
        var gate = Gate()
        _ = gate.statementArrived()
        let tickets = waiting.map { waiter in
            let ticket = gate.makeTicket()
            gate.waitingBegan(ticket, waiter)
            return ticket
        }
        return (gate, tickets)
    }

    @Test func oneStatementEntersAndTheNextWaits() {
        var gate = Gate()
        let (first, second) = (gate.statementArrived(), gate.statementArrived())
        #expect(first == .entered)
        #expect(second == .mustWait)
    }

    @Test func theConnectionGoesToWhoWaitsInTheOrderOfArrival() {
        var gate = taken(waiting: "a", "b").gate
        let order = [gate.connectionFreed(), gate.connectionFreed(), gate.connectionFreed()]
        #expect(order == ["a", "b", nil])
        #expect(gate.state == .free)
    }

    @Test func whoGivesUpLosesItsPlaceAndNobodyElses() {
        var (gate, tickets) = taken(waiting: "a", "b")
        let (gaveUp, again) = (gate.waitingCancelled(tickets[0]), gate.waitingCancelled(tickets[0]))
        #expect(gaveUp == "a")
        #expect(again == nil)
        let next = gate.connectionFreed()
        #expect(next == "b")
    }

    @Test func whoseTurnHasComeCannotGiveUpAnyMore() {
        var (gate, tickets) = taken(waiting: "a")
        _ = gate.connectionFreed()
        let gaveUp = gate.waitingCancelled(tickets[0])
        #expect(gaveUp == nil)
        #expect(gate.state == .taken)
    }

    @Test func theEndOfAScopeGoesBeforeStatementsThatWait() {
        var gate = taken(waiting: "statement").gate
        let entered = gate.endArrived()
        #expect(!entered)
        gate.endWaits("end")
        let order = [gate.connectionFreed(), gate.connectionFreed()]
        #expect(order == ["end", "statement"])
    }

    @Test func anOpenStreamRefusesStatementsInsteadOfLettingThemWait() {
        var gate = taken(waiting: "a").gate
        let paused = gate.streamPaused()
        #expect(paused.dismissed == ["a"])
        #expect(paused.next == nil)
        let arrived = gate.statementArrived()
        #expect(arrived == .streamIsOpen)
    }

    @Test func theEndOfAScopeTakesTheConnectionFromAnIdleStream() {
        var gate = taken().gate
        _ = gate.streamPaused()
        let (ended, fetches) = (gate.endArrived(), gate.fetchArrived())
        #expect(ended)
        #expect(!fetches)
    }

    @Test func theEndOfAScopeWaitsForAFetchAndThenTakesOver() {
        var gate = taken().gate
        _ = gate.streamPaused()
        let (fetches, ended) = (gate.fetchArrived(), gate.endArrived())
        #expect(fetches)
        #expect(!ended)
        gate.endWaits("end")
        let paused = gate.streamPaused()
        #expect(paused.next == "end")
        #expect(gate.state == .taken)
    }

    @Test func whoWaitsIsDismissedAtTheEnd() {
        var gate = taken(waiting: "a", "b").gate
        let dismissed = gate.waitersDismissed()
        #expect(dismissed == ["a", "b"])
        let next = gate.connectionFreed()
        #expect(next == nil)
    }
}
