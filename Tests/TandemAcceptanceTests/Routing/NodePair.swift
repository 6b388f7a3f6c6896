import Foundation
import NIOConcurrencyHelpers
import Tandem
import TandemEmbedded
import TandemPostgres
import TandemTestServers
import TandemTransactions

/// Two nodes in this process, reached over the wire or embedded. What the replica gets passes a proxy that can keep it.
final class NodePair: ReplicatedPair {
    private let primary: Node
    private let replica: NIOLockedValueBox<Node>
    private let replicaConfiguration: NodeConfiguration
    private let isPaused: NIOLockedValueBox<Bool>
    private let isEmbedded: Bool

    private init(
        primary: Node, replica: Node, _ replicaConfiguration: NodeConfiguration, isPaused: NIOLockedValueBox<Bool>,
        isEmbedded: Bool
    ) {
        self.primary = primary
        self.replica = NIOLockedValueBox(replica)
        self.replicaConfiguration = replicaConfiguration
        self.isPaused = isPaused
        self.isEmbedded = isEmbedded
    }

    static func start(isEmbedded: Bool) async throws -> NodePair {
        let isPaused = NIOLockedValueBox(false)
        let folder = NSTemporaryDirectory() + "tandem-routing-" + UUID().uuidString
        // Commits do not wait for the replica: it would never be behind what was acknowledged.
        let primary = try await Node.start(
            Engines.nodeConfiguration("\(folder)/primary", .primary, acknowledgements: 0))
        var source = primary.address
        source.port = try await NetworkProxy.start(to: source.port) { direction in
            direction == .toClient && isPaused.withLockedValue { $0 } ? .seconds(3600) : .zero
        }.port
        var configuration = Engines.nodeConfiguration("\(folder)/replica", .replica(of: source), acknowledgements: 0)
        let replica = try await startReplica(configuration)
        configuration.listen.port = replica.address.port
        return NodePair(
            primary: primary, replica: replica, configuration, isPaused: isPaused, isEmbedded: isEmbedded)
    }

    func dataSources() throws -> (primary: any DataSource, replica: any DataSource) {
        if isEmbedded {
            let replica = RestartedNodeSource { [replica] in EmbeddedDataSource(replica.withLockedValue { $0 }) }
            return (EmbeddedDataSource(primary), replica)
        }
        return (
            try PostgresDataSource("tandem://study@\(primary.address)/study"),
            try PostgresDataSource("tandem://study@\(replica.withLockedValue { $0.address })/study")
        )
    }

    func waitUntilLevel() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        let (primary, replica) = (EmbeddedDataSource(primary), EmbeddedDataSource(replica.withLockedValue { $0 }))
        let (asked, waiting) = (
            try await primary.connect(to: .primary, deadline: deadline),
            try await replica.connect(to: .replica, deadline: deadline)
        )
        let position = try await asked.status(deadline: deadline).position
        var isLevel = false
        if let position { isLevel = try await waiting.waitUntilReached(position, deadline: deadline) }
        for connection in [asked, waiting] { await connection.close() }
        guard isLevel else { throw TestServerError("the replica did not reach \(String(describing: position))") }
    }

    func pauseReplay() async throws { isPaused.withLockedValue { $0 = true } }
    func resumeReplay() async throws { isPaused.withLockedValue { $0 = false } }

    /// A node in this process cannot be killed: it is stopped, and its connections are of no use any more.
    func killReplica() async throws { await replica.withLockedValue { $0 }.stop() }

    func startReplica() async throws {
        let started = try await Self.startReplica(replicaConfiguration)
        replica.withLockedValue { $0 = started }
    }

    /// Starts it, and waits until it has found its primary.
    private static func startReplica(_ configuration: NodeConfiguration) async throws -> Node {
        let replica = try await Node.start(configuration)
        try await waitUntil("the replica knows how far it is behind") { replica.lag != nil }
        return replica
    }

    func stop() async {
        await replica.withLockedValue { $0 }.stop()
        await primary.stop()
    }
}

/// The node that a program has started last in the place of others.
private struct RestartedNodeSource: DataSource {
    let current: @Sendable () -> EmbeddedDataSource

    var name: String { "restarted node" }
    var engine: Engine { .tandem }
    var writers: WriterCount { current().writers }

    func connect(to role: ServerRole?, deadline: ContinuousClock.Instant) async throws -> any DataSourceConnection {
        try await current().connect(to: role, deadline: deadline)
    }

    func isReached(_ wanted: CommitPosition, by reached: CommitPosition) -> Bool? {
        current().isReached(wanted, by: reached)
    }
}
