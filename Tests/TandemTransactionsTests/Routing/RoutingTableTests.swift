import Testing

@testable import TandemTransactions

@Suite struct RoutingTableTests {
    private static let start = Moment.now

    private func moment(_ milliseconds: Int) -> Moment { Self.start + .milliseconds(milliseconds) }

    /// Positions are numbers here.
    private func position(_ number: Int) -> CommitPosition {
        CommitPosition(Engine(rawValue: "test"), String(number))
    }

    private func table(_ count: Int, _ configuration: RoutingConfiguration = .init()) -> RoutingTable {
        RoutingTable(replicaCount: count, configuration: configuration) { wanted, reached in
            guard let wanted = Int(wanted.text), let reached = Int(reached.text) else { return nil }
            return reached >= wanted
        }
    }

    private func status(at number: Int? = nil, lag: Duration? = .zero) -> ServerStatus {
        ServerStatus(role: .replica, position: number.map(position), lag: lag)
    }

    private func decide(
        _ table: inout RoutingTable, _ request: RoutingTable.Request = .init(), busy: [Int]? = nil,
        hasWaited: Bool = false, at milliseconds: Int = 0
    ) -> RoutingTable.Decision {
        let idle = Array(repeating: 0, count: table.replicas.count)
        return table.decide(request, busy: busy ?? idle, hasWaited: hasWaited, now: moment(milliseconds))
    }

    @Test func withoutReplicasThePrimaryTakesReads() {
        var table = table(0)
        #expect(decide(&table) == .usePrimary(.noReplicas))
    }

    @Test func theLeastBusyTakesItAndEqualsTakeTurns() {
        var table = table(3)
        #expect(decide(&table, busy: [2, 1, 1]) == .use(replica: 1, .leastBusy))
        #expect(decide(&table, busy: [1, 1, 1]) == .use(replica: 2, .leastBusy))
        #expect(decide(&table, busy: [1, 1, 1]) == .use(replica: 0, .leastBusy))
    }

    @Test func aFailedReplicaIsLeftOutUntilItAnswersAgain() {
        var table = table(2)
        table.failed(0, reason: "refused", now: moment(0))
        #expect(decide(&table) == .use(replica: 1, .leastBusy))
        table.failed(1, reason: "refused", now: moment(0))
        #expect(decide(&table) == .usePrimary(.replicasFailed))
        #expect(table.takeRetries(now: moment(999)).isEmpty)
        #expect(table.takeRetries(now: moment(1000)) == [0, 1])
        #expect(table.takeRetries(now: moment(1000)).isEmpty, "each is asked by one")
        table.statusReceived(status(), from: 0, askedAt: moment(1000))
        #expect(decide(&table, at: 1001) == .use(replica: 0, .leastBusy))
    }

    @Test func withoutFallbackItIsRefused() {
        var table = table(1, RoutingConfiguration(fallsBackToPrimary: false))
        table.failed(0, reason: "refused", now: moment(0))
        #expect(decide(&table) == .refuse(.replicasFailed))
    }

    @Test func aReplicaIsAskedWhenWhatItSaidIsTooOldToTell() {
        var table = table(1)
        let request = RoutingTable.Request(maximumLag: .milliseconds(500))
        #expect(decide(&table, request) == .ask(replica: 0))
        table.statusReceived(status(lag: .milliseconds(100)), from: 0, askedAt: moment(0))
        #expect(decide(&table, request, at: 400) == .use(replica: 0, .leastBusy))
        #expect(decide(&table, request, at: 401) == .ask(replica: 0), "it may be 501 ms behind by now")
    }

    @Test func aReplicaTooFarBehindIsLeftOut() {
        var table = table(1)
        let request = RoutingTable.Request(maximumLag: .milliseconds(500))
        table.statusReceived(status(lag: .seconds(3)), from: 0, askedAt: moment(0))
        #expect(decide(&table, request, at: 10) == .usePrimary(.replicasTooFarBehind(allowed: .milliseconds(500))))
        #expect(decide(&table, at: 10) == .use(replica: 0, .leastBusy), "nobody else minds")
        #expect(decide(&table, request, at: 100) == .ask(replica: 0), "it may have caught up")
    }

    @Test func aReplicaThatShowsThePositionIsPreferred() {
        var table = table(2)
        table.statusReceived(status(at: 5), from: 0, askedAt: moment(0))
        table.statusReceived(status(at: 7), from: 1, askedAt: moment(0))
        let request = RoutingTable.Request(position: position(6))
        #expect(decide(&table, request, busy: [0, 9]) == .use(replica: 1, .leastBusy))
    }

    @Test func aReplicaThatWasNeverAskedIsRememberedForThePositionThatItReached() {
        var table = table(1)
        let request = RoutingTable.Request(position: position(6))
        #expect(decide(&table, request) == .wait(replica: 0, position(6)))
        table.positionReached(position(6), by: 0, at: moment(1))
        #expect(decide(&table, request, at: 2) == .use(replica: 0, .leastBusy), "it need not be waited for again")
        table.failed(0, reason: "refused", now: moment(3))
        table.statusReceived(status(at: 4), from: 0, askedAt: moment(4))
        #expect(decide(&table, request, at: 5) == .wait(replica: 0, position(6)), "it may be another one since")
    }

    @Test func anAnswerThatIsOlderThanAPositionReachedDoesNotTakeItBack() {
        var table = table(1)
        table.positionReached(position(6), by: 0, at: moment(2))
        table.statusReceived(status(at: 5), from: 0, askedAt: moment(1))
        #expect(decide(&table, .init(position: position(6)), at: 3) == .use(replica: 0, .leastBusy))
        table.statusReceived(status(at: 5), from: 0, askedAt: moment(3))
        #expect(decide(&table, .init(position: position(6)), at: 4) == .wait(replica: 0, position(6)))
    }

    @Test func aReplicaWhoseConnectionBrokeIsLeftUntilItAnswersAndAskedAtOnce() {
        var table = table(1)
        table.connectionBroke(to: 0, reason: "reset", now: moment(0))
        #expect(decide(&table) == .usePrimary(.replicasFailed))
        #expect(table.takeRetries(now: moment(0)) == [0])
        table.failed(0, reason: "refused", now: moment(1))
        table.retryEnded(0)
        table.connectionBroke(to: 0, reason: "reset", now: moment(2))
        #expect(table.takeRetries(now: moment(3)) == [], "it is known to be down; another connection says nothing new")
        table.statusReceived(status(at: 5), from: 0, askedAt: moment(4))
        #expect(decide(&table) == .use(replica: 0, .leastBusy))
    }

    @Test func aPositionIsWaitedForOnce() {
        var table = table(1)
        let request = RoutingTable.Request(position: position(6))
        #expect(decide(&table, request) == .wait(replica: 0, position(6)))
        #expect(decide(&table, request, hasWaited: true) == .usePrimary(.positionNotReached(position(6))))
        table.statusReceived(status(at: 5), from: 0, askedAt: moment(0))
        table.positionReached(position(6), by: 0, at: moment(1))
        #expect(decide(&table, request) == .use(replica: 0, .leastBusy))
        table.positionReached(position(3), by: 0, at: moment(2))
        #expect(decide(&table, request) == .use(replica: 0, .leastBusy), "positions never go back")
    }
}
