import NIOCore
import PostgresWire
import TandemReplication

/// One connection on which a snapshot comes.
final class IncomingSnapshot: PostgresCopyStream {
    private weak var owner: SnapshotWorker?
    private var connection: PostgresClientConnection?
    private var isOver = false

    init(owner: SnapshotWorker) { self.owner = owner }

    func dial(_ options: PostgresClientOptions, _ request: SnapshotRequest, on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        PostgresClientConnection.connect(options, on: loop).whenComplete { result in
            bound.value.connected(result, request)
        }
    }

    private func connected(_ result: Result<PostgresClientConnection, any Error>, _ request: SnapshotRequest) {
        switch result {
        case .failure(let error): end(OutgoingReplication.words(error))
        case .success(let connection):
            guard !isOver else { return connection.close() }
            self.connection = connection
            let bound = NIOLoopBound(self, eventLoop: connection.eventLoop)
            connection.startCopyBoth(ReplicationCommand.snapshot(request).text, stream: self)
                .whenFailure { bound.value.end(OutgoingReplication.words($0)) }
        }
    }

    func close() {
        isOver = true
        connection?.close()
        connection = nil
    }

    private func end(_ reason: String) {
        guard !isOver else { return }
        close()
        owner?.ended(self, reason)
    }

    // MARK: PostgresCopyStream

    func received(_ payload: ByteBuffer) {
        guard !isOver else { return }
        do throws(MalformedMessage) {
            let decoded: Result<SnapshotMessage, MalformedMessage> = payload.withUnsafeReadableBytes { bytes in
                do throws(MalformedMessage) {
                    return .success(try SnapshotMessage(decoding: bytes))
                } catch {
                    return .failure(error)
                }
            }
            owner?.received(try decoded.get(), on: self)
        } catch {
            end(error.description)
        }
    }

    func ended(_ error: PostgresError?) { end(error?.message ?? "the other node ended the stream") }
}
