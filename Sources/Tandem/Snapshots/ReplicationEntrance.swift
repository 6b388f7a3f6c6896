import PostgresWire
import TandemReplication

/// A connection of another node that has just arrived: its first command says whether it belongs to the replication
/// thread, or fetches a snapshot, which has nothing to do with that.
final class ReplicationEntrance: PostgresSession {
    private let channel: PostgresChannel
    private let service: ReplicationService
    private var session: (any PostgresSession)?

    init(channel: PostgresChannel, service: ReplicationService) {
        self.channel = channel
        self.service = service
    }

    func received(_ message: FrontendMessage) {
        if let session { return session.received(message) }
        if case .query(let text) = message, case .snapshot(let request)? = try? ReplicationCommand(text) {
            session = OutgoingSnapshot(request, on: channel, from: service.snapshotLibrary)
            return
        }
        let session = service.makeStream(channel)
        self.session = session
        session.received(message)
    }

    func readCompleted() { session?.readCompleted() }
    func writabilityChanged(_ isWritable: Bool) { session?.writabilityChanged(isWritable) }

    func shutdownRequested() {
        if let session { session.shutdownRequested() } else { channel.close(.adminShutdown) }
    }

    func closed() { session?.closed() }
}
