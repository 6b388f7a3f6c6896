import TandemTransactions
import Testing

@Suite struct HostSearchTests {
    @Test func lastGoodHostIsAskedFirst() {
        #expect(HostSearch.order(count: 3, lastGood: nil) == [0, 1, 2])
        #expect(HostSearch.order(count: 3, lastGood: 2) == [2, 0, 1])
        #expect(HostSearch.order(count: 1, lastGood: 5) == [0])
    }

    @Test func eachHostHasAnEqualShareOfTheTimeThatIsLeft() {
        let now = ContinuousClock.now
        #expect(HostSearch.deadline(now: now, until: now + .seconds(9), hostsLeft: 3) == now + .seconds(3))
        #expect(HostSearch.deadline(now: now, until: now + .seconds(9), hostsLeft: 1) == now + .seconds(9))
    }

    @Test func sameFailureOfAllHostsKeepsItsCode() {
        var search = HostSearch(for: .primary)
        search.answered("a", .failure(DatabaseError(.accessDenied, "no")))
        search.answered("b", .failure(DatabaseError(.accessDenied, "no")))
        #expect(search.error.code == .accessDenied)
        search.answered("c", .role(.replica))
        #expect(search.error.code == .noServer)
        #expect(search.error.message.contains("c is a replica"))
    }
}
