import Testing

@testable import TandemTransactions

@Suite struct RoutingTableTests {
    private static let start = Moment.now

    private func moment(_ milliseconds: Int) -> Moment { Self.start + .milliseconds(milliseconds) }

    /// Positions are numbers here.
    private func position(_ number: Int) -> CommitPosition {
        CommitPosition(Engine(rawValue: "test"), String(number))
    }

    private func table(
        _ count: Int, _ configuration: RoutingConfiguration = .init(), watchInterval: Duration? = nil
    ) -> RoutingTable {
        RoutingTable(
            replicaCount: count, configuration: configuration, watchInterval: watchInterval
        ) { wanted, reached in
            guard let wanted = Int(wanted.text), let reached = Int(reached.text) else { return nil }
            return reached >= wanted
        }
    }

    private func status(at number: Int? = nil, lag: Duration? = .zero) -> ServerStatus {
        ServerStatus(role: .replica, position: number.map(position), lag: lag)
    }

    private func decide(
        _ table: inout RoutingTable, _ search: RoutingTable.Search = .init(), busy: [Int]? = nil,
        at milliseconds: Int = 0
    ) -> RoutingTable.Decision {
        let idle = Array(repeating: 0, count: table.replicas.count)
        return table.decide(search, busy: busy ?? idle, now: moment(milliseconds))
    }

    /// A connection to a server of a replica, made before the test began unless said.
    private func connection(_ replica: Int, to server: String = "s", at milliseconds: Int = -1)
        -> RoutingTable.Connection
    {
        RoutingTable.Connection(replica: replica, server: server, connectedAt: moment(milliseconds))
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
        table.statusReceived(status(), on: connection(0), askedAt: moment(1000))
        #expect(decide(&table, at: 1001) == .use(replica: 0, .leastBusy))
    }

    @Test func withoutFallbackItIsRefused() {
        var table = table(1, RoutingConfiguration(fallsBackToPrimary: false))
        table.failed(0, reason: "refused", now: moment(0))
        #expect(decide(&table) == .refuse(.replicasFailed))
    }

    @Test func aReplicaIsAskedWhenWhatItSaidIsTooOldToTell() {
        var table = table(1)
        let request = RoutingTable.Search(maximumLag: .milliseconds(500))
        #expect(decide(&table, request) == .ask(replica: 0))
        table.statusReceived(status(lag: .milliseconds(100)), on: connection(0), askedAt: moment(0))
        #expect(decide(&table, request, at: 400) == .use(replica: 0, .leastBusy))
        #expect(decide(&table, request, at: 401) == .ask(replica: 0), "it may be 501 ms behind by now")
    }

    @Test func aReplicaTooFarBehindIsLeftOut() {
        var table = table(1)
        let request = RoutingTable.Search(maximumLag: .milliseconds(500))
        table.statusReceived(status(lag: .seconds(3)), on: connection(0), askedAt: moment(0))
        #expect(decide(&table, request, at: 10) == .usePrimary(.replicasTooFarBehind(allowed: .milliseconds(500))))
        #expect(decide(&table, at: 10) == .use(replica: 0, .leastBusy), "nobody else minds")
        #expect(decide(&table, request, at: 100) == .ask(replica: 0), "it may have caught up")
    }

    @Test func aReplicaThatShowsThePositionIsPreferred() {
        var table = table(2)
        table.statusReceived(status(at: 5), on: connection(0), askedAt: moment(0))
        table.statusReceived(status(at: 7), on: connection(1), askedAt: moment(0))
        let request = RoutingTable.Search(position: position(6))
        #expect(decide(&table, request, busy: [0, 9]) == .use(replica: 1, .leastBusy))
    }

    @Test func aReplicaThatWasNeverAskedIsRememberedForThePositionThatItReached() {
        var table = table(1)
        let request = RoutingTable.Search(position: position(6))
        #expect(decide(&table, request) == .wait(replica: 0, position(6)))
        table.connected(connection(0))
        table.positionReached(position(6), on: connection(0), at: moment(1))
        #expect(decide(&table, request, at: 2) == .use(replica: 0, .leastBusy), "it need not be waited for again")
        table.failed(0, reason: "refused", now: moment(3))
        table.statusReceived(status(at: 4), on: connection(0), askedAt: moment(4))
        #expect(decide(&table, request, at: 5) == .wait(replica: 0, position(6)), "it may be another one since")
    }

    @Test func anAnswerThatIsOlderThanAPositionReachedDoesNotTakeItBack() {
        var table = table(1)
        table.positionReached(position(6), on: connection(0), at: moment(2))
        table.statusReceived(status(at: 5), on: connection(0), askedAt: moment(1))
        #expect(decide(&table, .init(position: position(6)), at: 3) == .use(replica: 0, .leastBusy))
        table.statusReceived(status(at: 5), on: connection(0), askedAt: moment(3))
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
        table.statusReceived(status(at: 5), on: connection(0), askedAt: moment(4))
        #expect(decide(&table) == .use(replica: 0, .leastBusy))
    }

    @Test func aPositionIsWaitedForOnce() {
        var table = table(1)
        let request = RoutingTable.Search(position: position(6))
        #expect(decide(&table, request) == .wait(replica: 0, position(6)))
        var waited = request
        waited.wait = .milliseconds(100)
        #expect(decide(&table, waited) == .usePrimary(.positionNotReached(position(6))))
        table.statusReceived(status(at: 5), on: connection(0), askedAt: moment(0))
        table.positionReached(position(6), on: connection(0), at: moment(1))
        #expect(decide(&table, request) == .use(replica: 0, .leastBusy))
        table.positionReached(position(3), on: connection(0), at: moment(2))
        #expect(decide(&table, request) == .use(replica: 0, .leastBusy), "positions never go back")
    }

    @Test func whatOneServerHasReachedIsNotKnownOfAnother() {
        var table = table(1)
        var search = RoutingTable.Search(position: position(6))
        table.connected(connection(0, to: "db-2"))
        table.positionReached(position(6), on: connection(0, to: "db-2"), at: moment(1))
        table.statusReceived(status(lag: .zero), on: connection(0, to: "db-2"), askedAt: moment(1))
        #expect(decide(&table, search, at: 2) == .use(replica: 0, .leastBusy), "it most likely leads there again")
        let other = connection(0, to: "db-3")
        table.connected(other)
        search.connection = other
        #expect(decide(&table, search, at: 3) == .wait(replica: 0, position(6)))
        #expect(decide(&table, .init(maximumLag: .seconds(9), connection: other), at: 3) == .ask(replica: 0))
        table.positionReached(position(7), on: other, at: moment(4))
        #expect(decide(&table, search, at: 5) == .use(replica: 0, .leastBusy))
        search.connection = connection(0, to: "db-2")
        search.position = position(7)
        #expect(decide(&table, search, at: 6) == .wait(replica: 0, position(7)))
    }

    @Test func aConnectionThatIsNewerThanWhatIsKnownIsNotTrustedWithIt() {
        var table = table(1)
        table.positionReached(position(6), on: connection(0), at: moment(1))
        table.statusReceived(status(lag: .zero), on: connection(0), askedAt: moment(1))
        // The server may have been started again in between, and show less.
        let new = connection(0, at: 2)
        #expect(
            decide(&table, .init(position: position(3), connection: new), at: 3) == .wait(replica: 0, position(3)))
        table.connected(new)
        table.positionReached(position(3), on: new, at: moment(4))
        #expect(
            decide(&table, .init(position: position(6), connection: new), at: 5) == .wait(replica: 0, position(6)),
            "what was reached before does not count, though the connection has shown that it is alive")
        #expect(decide(&table, .init(maximumLag: .seconds(9), connection: new), at: 5) == .ask(replica: 0))
    }

    @Test func theReplicaThatASearchHasAConnectionToComesFirst() {
        var table = table(2)
        let search = RoutingTable.Search(connection: connection(1))
        for _ in 1...3 { #expect(decide(&table, search, busy: [0, 9]) == .use(replica: 1, .leastBusy)) }
    }

    @Test func aReplicaIsAskedOnceInOneSearch() {
        var table = table(1)
        var search = RoutingTable.Search(maximumLag: .milliseconds(500))
        table.statusReceived(status(lag: .seconds(3)), on: connection(0), askedAt: moment(0))
        #expect(decide(&table, search, at: 200) == .ask(replica: 0))
        search.asked = [0]
        #expect(
            decide(&table, search, at: 200) == .usePrimary(.replicasTooFarBehind(allowed: .milliseconds(500))),
            "its answer took long, and would take as long again")
    }

    @Test func forThoseWhoWatchAReplicaIsAskedNowAndThen() {
        var table = table(1, watchInterval: .seconds(1))
        let search = RoutingTable.Search(connection: connection(0))
        #expect(decide(&table) == .ask(replica: 0))
        #expect(decide(&table, search) == .ask(replica: 0))
        #expect(decide(&table, search) == .use(replica: 0, .leastBusy), "one asks for all who come at the same time")
        table.statusReceived(status(), on: connection(0), askedAt: moment(0))
        #expect(decide(&table, search, at: 999) == .use(replica: 0, .leastBusy))
        #expect(decide(&table, search, at: 1000) == .ask(replica: 0))
    }

    @Test func aPositionThatNobodyKnowsIsForThePrimary() {
        var table = table(1)
        let unknown = CommitPosition.unknown(Engine(rawValue: "test"))
        #expect(decide(&table, .init(position: unknown)) == .usePrimary(.positionNotReached(unknown)))
    }

    @Test func thePrimaryIsAskedUntilItIsKnownToShowThePosition() {
        var table = table(0)
        func shows(_ number: Int, server: String = "db-1", connectedAt: Int = 0) -> Bool {
            table.primaryShows(
                .init(position: position(number)), server: server, connectedAt: moment(connectedAt), now: moment(9))
        }
        #expect(!shows(1))
        table.primaryCommitted(position(5), server: "db-1", connectedAt: moment(0), now: moment(1))
        #expect(shows(5) && !shows(6) && !shows(5, server: "db-2") && !shows(5, connectedAt: 2))
        table.primaryAnswered(
            ServerStatus(role: .primary, position: position(7)), server: "db-1", askedAt: moment(3))
        #expect(shows(6) && shows(6, connectedAt: 2))
        #expect(
            table.primaryShows(
                .init(maximumLag: .milliseconds(5)), server: "db-1", connectedAt: moment(0), now: moment(8)))
        #expect(
            !table.primaryShows(
                .init(maximumLag: .milliseconds(5)), server: "db-1", connectedAt: moment(0), now: moment(9)))
    }
}
