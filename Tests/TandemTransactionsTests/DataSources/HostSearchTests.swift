import Testing

@testable import TandemTransactions

@Suite struct HostSearchTests {
    private static let start = ContinuousClock.now
    private static let silence = HostSearch.Answer.failure(DatabaseError(.connectionLost, "no answer in time"))

    private func moment(_ seconds: Int) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    /// The order in which hosts are asked that refuse at once.
    private func order(_ count: Int, lastGood: Int?) -> [Int] {
        var search = HostSearch(for: .primary, count: count, lastGood: lastGood)
        var order: [Int] = []
        while let next = search.next(now: moment(0), until: moment(30)) {
            order.append(next.place)
            search.answered("\(next.place)", .failure(DatabaseError(.connectionLost, "refused")), now: moment(0))
        }
        return order
    }

    @Test func lastGoodHostIsAskedFirst() {
        #expect(order(3, lastGood: nil) == [0, 1, 2])
        #expect(order(3, lastGood: 2) == [2, 0, 1])
        #expect(order(1, lastGood: 5) == [0])
    }

    @Test func aHostThatIsSilentIsAskedAgainWhenTheOthersHaveAnswered() {
        var search = HostSearch(for: .primary, count: 3, lastGood: nil)
        for place in 0...1 {
            let next = search.next(now: moment(place), until: moment(30))
            #expect(next?.place == place && next?.deadline == moment(place + 1))
            search.answered("\(place)", Self.silence, now: moment(place + 1))
        }
        let last = search.next(now: moment(2), until: moment(30))
        #expect(last?.place == 2)
        search.answered("2", .role(.replica), now: moment(2))
        // Each has an equal share of the time that is left.
        let first = search.next(now: moment(2), until: moment(30))
        #expect(first?.place == 0 && first?.deadline == moment(16))
        search.answered("0", Self.silence, now: moment(16))
        let second = search.next(now: moment(16), until: moment(30))
        #expect(second?.place == 1 && second?.deadline == moment(30))
        search.answered("1", Self.silence, now: moment(30))
        let isOver = search.next(now: moment(30), until: moment(30)) == nil
        #expect(isOver)
        #expect(search.error.message.contains("0: no answer in time"), "\(search.error)")
    }

    @Test func aHostWithTheOtherRoleIsTheLikeliestToGetTheWantedOne() {
        var search = HostSearch(for: .primary, count: 3, lastGood: 0)
        #expect(search.likeliest == nil)
        let answers: [(HostSearch.Answer, after: Int)] = [
            (Self.silence, 1), (.failure(DatabaseError(.connectionLost, "refused")), 0), (.role(.replica), 0),
        ]
        for (answer, seconds) in answers {
            let next = search.next(now: moment(0), until: moment(30))
            search.answered("\(next?.place ?? -1)", answer, now: moment(seconds))
        }
        #expect(search.likeliest == 2)
        #expect(order(3, lastGood: search.likeliest) == [2, 0, 1])
        // While the silent one is asked for long, the others are asked again.
        #expect(!search.isAskedForLong)
        let last = search.next(now: moment(1), until: moment(30))
        #expect(last?.place == 0 && search.isAskedForLong)
        #expect(search.otherPlaces == [1, 2])
    }

    /// It was asked again only when the time for the first silent one was over.
    @Test func aSecondSilentHostIsAskedAgainWhileTheFirstIsWaitedFor() {
        var search = HostSearch(for: .primary, count: 3, lastGood: nil)
        let answers: [(HostSearch.Answer, at: Int)] = [(Self.silence, 1), (.role(.replica), 1), (Self.silence, 2)]
        for (answer, seconds) in answers {
            let next = search.next(now: moment(seconds - 1), until: moment(30))
            search.answered("\(next?.place ?? -1)", answer, now: moment(seconds))
        }
        #expect(search.next(now: moment(2), until: moment(30))?.place == 0)
        #expect(search.isAskedForLong && search.otherPlaces == [1, 2])
    }

    @Test func aSingleHostHasAllTheTime() {
        var search = HostSearch(for: .primary, count: 1, lastGood: nil)
        let next = search.next(now: moment(0), until: moment(9))
        #expect(next?.deadline == moment(9))
    }

    @Test func sameFailureOfAllHostsKeepsItsCode() {
        var search = HostSearch(for: .primary, count: 3, lastGood: nil)
        search.answered("a", .failure(DatabaseError(.accessDenied, "no")))
        search.answered("b", .failure(DatabaseError(.accessDenied, "no")))
        #expect(search.error.code == .accessDenied)
        search.answered("c", .role(.replica))
        #expect(search.error.code == .noServer)
        #expect(search.error.message.contains("c is a replica"))
    }
}
