import NIOCore
import PostgresWire
import TandemReplication

/// A question to another node, START or PROMISE, on a short connection of its own.
final class ReplicationQuestion: PostgresCopyStream {
    private let gateway: ReplicationGateway
    private var connection: PostgresClientConnection?

    init(gateway: ReplicationGateway) { self.gateway = gateway }

    /// Asks; whoever does not answer is asked again by the machine.
    func ask(_ options: PostgresClientOptions, _ request: PromiseRequest, on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        PostgresClientConnection.connect(options, on: loop).whenSuccess { connection in
            bound.value.ask(request, on: connection)
        }
    }

    private func ask(_ request: PromiseRequest, on connection: PostgresClientConnection) {
        self.connection = connection
        connection.startCopyBoth(ReplicationCommand.promise(request).text, stream: self)
            .whenFailure { _ in connection.close() }
        // An answer that takes longer is not waited for.
        connection.eventLoop.scheduleTask(in: .seconds(10)) { connection.close() }
    }

    func received(_ payload: ByteBuffer) {
        let message = payload.withUnsafeReadableBytes { try? ReplicationMessage(decoding: $0) }
        if case .promiseAnswer(let answer) = message { gateway.runHere { $0.promiseAnswered(answer) } }
        connection?.close()
    }

    func ended(_ error: PostgresError?) { connection?.close() }
}
