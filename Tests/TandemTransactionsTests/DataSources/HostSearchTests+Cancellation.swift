import NIOConcurrencyHelpers
import Testing

@testable import TandemTransactions

extension RecordingConnection: HostConnection {}

/// Two hosts, of which the first is silent, and the second is a replica until it has been asked three times. The search
/// that asks them is cancelled at one of its points: whenever a host is asked, and when one has answered.
private final class AskedHosts: Sendable {
    private struct State {
        var passed = 0
        var asked = 0
        var search: Task<(RecordingConnection, place: Int), any Error>?
    }

    /// So many points a search has that finds the primary.
    static let points = 8

    private let source = RecordingDataSource()
    private let point: Int
    private let state = NIOLockedValueBox(State())

    init(cancelAt point: Int) { self.point = point }

    var hasCancelled: Bool { state.withLockedValue { $0.passed >= point } }

    /// The connections that were made and are not closed.
    var open: Set<String> {
        let made = state.withLockedValue { state in (0..<state.asked).map { "M\($0 + 1)" } }
        return Set(made).subtracting(source.events.map { $0.replacing(" CLOSE", with: "") })
    }

    func search() async -> Result<(RecordingConnection, place: Int), any Error> {
        let task = state.withLockedValue { state in
            let task = Task {
                var search = HostSearch(for: .primary, count: 2, lastGood: nil)
                return try await search.connection(to: ["silent", "replica"], until: .now + .seconds(60)) {
                    try await self.connect(to: $0, until: $1)
                }
            }
            state.search = task
            return task
        }
        return await task.result
    }

    private func connect(to place: Int, until deadline: ContinuousClock.Instant) async throws -> RecordingConnection {
        pass()
        guard place == 1 else {
            try await Task.sleep(until: deadline, clock: .continuous)
            throw DatabaseError(.connectionLost, "no answer in time")
        }
        try Task.checkCancellation()
        let count = state.withLockedValue { state in
            state.asked += 1
            return state.asked
        }
        let connection = RecordingConnection(source, count, count < 3 ? .replica : .primary)
        pass()
        return connection
    }

    private func pass() {
        let search = state.withLockedValue { state in
            state.passed += 1
            return state.passed == point ? state.search : nil
        }
        search?.cancel()
    }
}

extension HostSearchTests {
    @Test(arguments: 1...AskedHosts.points)
    func noConnectionIsLeftWhereverASearchIsCancelled(point: Int) async {
        let hosts = AskedHosts(cancelAt: point)
        let result = await hosts.search()
        #expect(hosts.hasCancelled)
        switch result {
        case .success((let connection, let place)):
            // The last point is behind the answer of the primary.
            #expect(point == AskedHosts.points && place == 1)
            #expect(hosts.open == [connection.server])
        case .failure(let error):
            #expect(error is CancellationError, "\(error)")
            #expect(hosts.open.isEmpty)
        }
    }

    @Test func aSearchThatNobodyCancelsFindsTheHostThatBecomesThePrimary() async throws {
        let hosts = AskedHosts(cancelAt: .max)
        let (connection, place) = try await hosts.search().get()
        #expect(place == 1 && connection.role == .primary)
        #expect(hosts.open == [connection.server])
    }
}
