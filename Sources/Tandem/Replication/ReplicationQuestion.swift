import NIOCore
import PostgresWire
import TandemReplication

/// A question to another node, START or PROMISE, on a short connection of its own.
final class ReplicationQuestion: PostgresCopyStream {
    private let gateway: ReplicationGateway
    private var connection: PostgresClientConnection?
    /// Is told of an answer: nil, or why this node cannot read it.
    private let answered: (String?) -> Void

    init(gateway: ReplicationGateway, answered: @escaping (String?) -> Void) {
        self.gateway = gateway
        self.answered = answered
    }

    /// Asks; whoever does not answer is asked again by the machine.
    func ask(_ options: PostgresClientOptions, _ request: PromiseRequest, on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        PostgresClientConnection.connect(options, on: loop).whenSuccess { connection in
            bound.value.ask(request, on: connection)
        }
    }

    private func ask(_ request: PromiseRequest, on connection: PostgresClientConnection) {
        self.connection = connection
        let bound = NIOLoopBound(self, eventLoop: connection.eventLoop)
        connection.startCopyBoth(ReplicationCommand.promise(request).text, stream: self)
            .whenFailure { bound.value.failed($0) }
        // An answer that takes longer is not waited for.
        connection.eventLoop.scheduleTask(in: .seconds(10)) { connection.close() }
    }

    /// A node of another version refuses what it cannot read. One that is lost, or stops, will be asked again.
    private func failed(_ error: any Error) {
        if let error = error as? PostgresError, error.code == .protocolViolation { answered(error.message) }
        connection?.close()
    }

    func received(_ payload: ByteBuffer) {
        do {
            let message = try payload.withUnsafeReadableBytes { try ReplicationMessage(decoding: $0) }
            if case .promiseAnswer(let answer) = message {
                answered(nil)
                gateway.runHere { $0.promiseAnswered(answer) }
            } else {
                answered("it is another message")
            }
        } catch {
            answered(String(describing: error))
        }
        connection?.close()
    }

    func ended(_ error: PostgresError?) { connection?.close() }
}
