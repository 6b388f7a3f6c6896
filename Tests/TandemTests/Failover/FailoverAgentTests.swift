import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import Tandem

/// What a node does with a store, in what order.
@Suite struct FailoverAgentTests {
    /// A store in this process, with a replica that hears from nobody.
    final class Store: FailoverStore {
        let name = "a store of the test"
        private struct State {
            var lead: FailoverView.Lead?
            var reads: (@Sendable () -> Bool)?
            /// Whether the node reigned when its lead was to be deleted, each time.
            var reigned: [Bool] = []
        }
        private let state = NIOLockedValueBox(State())

        var reigned: [Bool] { state.withLockedValue { $0.reigned } }

        /// Asks that whenever the lead is given back.
        func whenGivenBack(_ reigns: @escaping @Sendable () -> Bool) { state.withLockedValue { $0.reads = reigns } }

        func keep(_ session: FailoverSession?, timeToLive: Duration) async throws -> FailoverSession {
            session ?? FailoverSession(id: 1)
        }
        func look() async throws -> FailoverView {
            let lead = state.withLockedValue { $0.lead }
            var lonely = lead?.entry
            lonely?.node = "another"
            return FailoverView(lead: lead, candidates: lonely.map { [$0] } ?? [])
        }
        func takeLead(_ entry: FailoverEntry, _ session: FailoverSession, after former: FailoverSession?) async throws
            -> Bool
        {
            state.withLockedValue { $0.lead = .init(entry: entry, session: session) }
            return true
        }
        func giveBackLead(_ session: FailoverSession) async throws {
            let reigns = state.withLockedValue { $0.reads }.map { $0() }
            state.withLockedValue { state in
                if let reigns { state.reigned.append(reigns) }
                state.lead = nil
            }
        }
        func announce(_ entry: FailoverEntry, _ session: FailoverSession) async throws {}
        func withdraw(_ entry: FailoverEntry) async throws {}
        func end(_ session: FailoverSession) async throws {}
    }

    @Test func theReignHasEndedBeforeTheLeadIsGivenBack() async throws {
        let store = Store()
        let folder = NSTemporaryDirectory() + "tandem-failover-" + UUID().uuidString
        // The group's first record waits for an acknowledgement that nobody gives.
        var configuration = NodeConfiguration(dataDirectory: folder, role: .primary)
        configuration.acknowledgements = .count(1)
        configuration.listen.port = 0
        configuration.segmentSize = 1 << 20
        var options = FailoverOptions(store: store)
        options.lease = .seconds(1)
        configuration.failover = options
        let node = try await Node.start(configuration)
        store.whenGivenBack { node.status?.role == .primary }
        try await eventually("the lead is given back") { !store.reigned.isEmpty }
        #expect(store.reigned.allSatisfy { !$0 })
        await node.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
