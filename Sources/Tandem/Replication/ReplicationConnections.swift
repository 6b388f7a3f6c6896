import Logging
import NIOCore
import PostgresWire
import TandemLog
import TandemReplication

/// The connections of the replication protocol, on the replication thread: those of replicas that came in, and the
/// one to the primary.
final class ReplicationConnections: ReplicationTransport {
    let gateway: ReplicationGateway
    let logger: Logger
    let loop: any EventLoop
    private let credentials: ReplicationCredentials
    private var incoming: [ConnectionID: IncomingReplication] = [:]
    private var lastID: UInt64 = 0
    private var upstream: OutgoingReplication?

    /// Is told at which address no connection to a primary came about, and why.
    private let dialFailed: (String, String) -> Void
    /// Is told of each answer of a member to START or PROMISE: nil, or why this node cannot read it.
    private let answered: (Member, String?) -> Void

    init(
        gateway: ReplicationGateway, credentials: ReplicationCredentials, loop: any EventLoop, logger: Logger,
        dialFailed: @escaping (String, String) -> Void, answered: @escaping (Member, String?) -> Void
    ) {
        self.dialFailed = dialFailed
        self.answered = answered
        self.gateway = gateway
        self.credentials = credentials
        self.loop = loop
        self.logger = logger
    }

    /// A node has connected and sent its first command.
    func adopt(_ channel: PostgresChannel, firstMessage: FrontendMessage) -> any PostgresSession {
        lastID += 1
        let session = IncomingReplication(id: ConnectionID(lastID), channel: channel, owner: self)
        incoming[session.id] = session
        session.begin(firstMessage)
        return session
    }

    func ended(_ id: ConnectionID) { incoming[id] = nil }

    func closeAll() {
        for session in incoming.values { session.endNow() }
        incoming.removeAll()
        upstream?.close()
        upstream = nil
    }

    // MARK: ReplicationTransport

    func send(_ message: ReplicationMessage, to connection: ConnectionID) { incoming[connection]?.send(message) }

    func send(_ header: RecordsHeader, _ bytes: UnsafeRawBufferPointer, to connection: ConnectionID) {
        incoming[connection]?.send(header, bytes)
    }

    func isWritable(_ connection: ConnectionID) -> Bool { incoming[connection]?.isWritable ?? false }

    func close(_ connection: ConnectionID, reason: String) {
        incoming.removeValue(forKey: connection)?.close(reason: reason)
    }

    func dial(_ address: String, _ connect: Connect) {
        upstream?.close()
        let dialled = OutgoingReplication(number: connect.number, gateway: gateway) { [dialFailed] reason in
            dialFailed(address, reason)
        }
        upstream = dialled
        dialled.dial(address, connect, credentials, on: loop)
    }

    func sendUpstream(_ message: ReplicationMessage, on number: ConnectionNumber) {
        guard let upstream, upstream.number == number else { return }
        upstream.send(message)
    }

    func closeUpstream(_ number: ConnectionNumber, reason: String) {
        guard let upstream, upstream.number == number else { return }
        upstream.giveUp(reason)
        self.upstream = nil
    }

    func ask(_ member: Member, _ request: PromiseRequest) {
        guard let address = HostAndPort(member.address) else { return }
        let question = ReplicationQuestion(gateway: gateway) { [answered] unreadable in answered(member, unreadable) }
        question.ask(credentials.options(to: address), request, on: loop)
    }
}

extension ByteBuffer {
    /// A CopyData of the backend.
    static func copyData(_ bytes: [UInt8]) -> ByteBuffer {
        var messages = BackendMessages(capacity: bytes.count + 8)
        messages.copyData { $0.writeBytes(bytes) }
        return messages.take()
    }
}
