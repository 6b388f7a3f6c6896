import NIOCore
import PostgresWire
import TandemReplication

/// A connection for replication that has just arrived on a session loop: with its first command it moves to the
/// replication thread, so that nothing of it has to hop between threads.
final class ReplicationArrival: PostgresSession {
    private let channel: PostgresChannel
    private let service: ReplicationService
    private var hasMoved = false

    init(channel: PostgresChannel, service: ReplicationService) {
        self.channel = channel
        self.service = service
    }

    func received(_ message: FrontendMessage) {
        guard !hasMoved else { return }
        hasMoved = true
        let service = service
        _ = channel.detach(to: service.loop) { moved in service.adopt(moved, message) }
    }

    func shutdownRequested() { channel.close(.adminShutdown) }
    func closed() {}
}

/// A connection that arrived when the node was already stopping.
final class ClosedSession: PostgresSession {
    private let channel: PostgresChannel

    init(channel: PostgresChannel) {
        self.channel = channel
        channel.close(.adminShutdown)
    }

    func received(_ message: FrontendMessage) {}
    func shutdownRequested() { channel.close() }
    func closed() {}
}
