import NIOCore
import PostgresWire

/// A connection for replication that is encrypted: TLS keeps its socket on the session loop, so that messages go from
/// there to the replication thread, all that arrived together at once, and answers come back the same way.
final class RelayedReplication: PostgresSession {
    private let channel: PostgresChannel
    private let service: ReplicationService
    private var messages: [FrontendMessage] = []
    /// The session on the replication thread; made by the first message.
    private let session: NIOLoopBoundBox<(any PostgresSession)?>

    init(channel: PostgresChannel, service: ReplicationService) {
        self.channel = channel
        self.service = service
        session = NIOLoopBoundBox.makeBoxSendingValue(nil, as: (any PostgresSession)?.self, eventLoop: service.loop)
    }

    func received(_ message: FrontendMessage) { messages.append(message) }

    func readCompleted() {
        guard !messages.isEmpty else { return }
        let arrived = messages
        messages.removeAll()
        let (service, session, channel) = (service, session, channel)
        service.loop.execute {
            for message in arrived {
                if let session = session.value {
                    session.received(message)
                } else {
                    session.value = service.adopt(channel, message)
                }
            }
        }
    }

    func writabilityChanged(_ isWritable: Bool) { tell { $0.writabilityChanged(isWritable) } }

    func shutdownRequested() {
        let channel = channel
        tell {
            $0.shutdownRequested()
        } otherwise: {
            channel.close(.adminShutdown)
        }
    }

    func closed() { tell { $0.closed() } }

    private func tell(
        _ body: @escaping @Sendable (any PostgresSession) -> Void, otherwise: @escaping @Sendable () -> Void = {}
    ) {
        service.loop.execute { [session] in
            if let session = session.value { body(session) } else { otherwise() }
        }
    }
}
