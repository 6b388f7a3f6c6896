import NIOCore
import PostgresWire
import TandemLog
import TandemReplication

/// The connection of a replica to its primary: dialled, then streamed on.
final class OutgoingReplication: PostgresCopyStream {
    let number: ConnectionNumber
    private let gateway: ReplicationGateway
    private var connection: PostgresClientConnection?
    private var isOver = false
    private var isAccepted = false
    /// Is told why no connection came about.
    private let failed: (String) -> Void

    init(number: ConnectionNumber, gateway: ReplicationGateway, failed: @escaping (String) -> Void) {
        self.number = number
        self.gateway = gateway
        self.failed = failed
    }

    func dial(
        _ address: String, _ connect: Connect, _ credentials: ReplicationCredentials, on loop: any EventLoop
    ) {
        guard let target = HostAndPort(address) else {
            return loop.execute { [bound = NIOLoopBound(self, eventLoop: loop)] in
                bound.value.end("'\(address)' is no address")
            }
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        PostgresClientConnection.connect(credentials.options(to: target), on: loop).whenComplete { result in
            bound.value.connected(result, connect)
        }
    }

    private func connected(_ result: Result<PostgresClientConnection, any Error>, _ connect: Connect) {
        switch result {
        case .failure(let error): end(OutgoingReplication.words(error))
        case .success(let connection):
            guard !isOver else { return connection.close() }
            self.connection = connection
            let bound = NIOLoopBound(self, eventLoop: connection.eventLoop)
            connection.startCopyBoth(ReplicationCommand.startReplication(connect).text, stream: self)
                .whenFailure { bound.value.end(OutgoingReplication.words($0)) }
        }
    }

    static func words(_ error: any Error) -> String {
        (error as? PostgresError)?.message ?? String(describing: error)
    }

    func send(_ message: ReplicationMessage) {
        guard !isOver, let connection else { return }
        var messages = FrontendMessages()
        messages.copyData { $0.writeBytes(message.encode()) }
        connection.send(messages.take())
    }

    /// Gives it up, for a reason of this node's own.
    func giveUp(_ reason: String) {
        if !isOver, !isAccepted { failed(reason) }
        close()
    }

    /// Closes it; nothing more is handed to the driver.
    func close() {
        isOver = true
        connection?.close()
        connection = nil
    }

    private func end(_ reason: String) {
        guard !isOver else { return }
        close()
        if !isAccepted { failed(reason) }
        gateway.runHere { $0.upstreamClosed(number, reason: reason) }
    }

    // MARK: PostgresCopyStream

    func received(_ payload: ByteBuffer) {
        guard !isOver else { return }
        do {
            if payload.getInteger(at: payload.readerIndex, as: UInt8.self) == ReplicationMessageType.records.rawValue {
                try payload.withUnsafeReadableBytes { bytes in
                    let (header, records) = try RecordsHeader.decode(bytes)
                    try gateway.runThrowing { try $0.recordsReceived(header, records) }
                }
            } else {
                try payload.withUnsafeReadableBytes { try received(ReplicationMessage(decoding: $0)) }
            }
        } catch {
            end(String(describing: error))
        }
    }

    private func received(_ message: ReplicationMessage) throws(MalformedMessage) {
        switch message {
        case .accept(let accept):
            isAccepted = true
            gateway.runHere { $0.accepted(accept) }
        case .refused(let refused): gateway.runHere { $0.refused(refused, on: number) }
        case .keepalive(let keepalive): gateway.runHere { $0.keepaliveReceived(keepalive) }
        case .takeOver(let takeOver): gateway.runHere { $0.takeOverReceived(takeOver) }
        case .acknowledgement, .promiseAnswer:
            throw MalformedMessage(description: "a message that no primary sends")
        }
    }

    func ended(_ error: PostgresError?) { end(error?.message ?? "the other node ended the stream") }
}
