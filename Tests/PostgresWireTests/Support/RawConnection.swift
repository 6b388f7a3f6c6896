import NIOCore
import NIOPosix

@testable import PostgresWire

/// A TCP connection that sends any bytes and keeps all it gets.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let collector: NIOLoopBound<Collector>

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        var received = ByteBuffer()
        private var isClosed = false
        private var waiting: [(condition: (ByteBuffer, Bool) -> Bool, promise: EventLoopPromise<ByteBuffer>)] = []

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.writeImmutableBuffer(unwrapInboundIn(data))
            check()
        }

        func channelInactive(context: ChannelHandlerContext) {
            isClosed = true
            check()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func wait(_ promise: EventLoopPromise<ByteBuffer>, _ condition: @escaping (ByteBuffer, Bool) -> Bool) {
            waiting.append((condition, promise))
            check()
        }

        private func check() {
            waiting.removeAll { condition, promise in
                guard condition(received, isClosed) || isClosed else { return false }
                promise.succeed(received)
                return true
            }
        }
    }

    private init(_ channel: any Channel, _ collector: NIOLoopBound<Collector>) {
        self.channel = channel
        self.collector = collector
    }

    static func connect(port: Int, on group: any EventLoopGroup) async throws -> RawConnection {
        let made = LockedValue<NIOLoopBound<Collector>?>(nil)
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let collector = Collector()
                    made.withLock { $0 = NIOLoopBound(collector, eventLoop: channel.eventLoop) }
                    try channel.pipeline.syncOperations.addHandler(collector)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        guard let collector = made.withLock({ $0 }) else { throw ChannelError.inappropriateOperationForState }
        return RawConnection(channel, collector)
    }

    func send(_ bytes: ByteBuffer) { channel.writeAndFlush(bytes, promise: nil) }

    /// Everything received, once it is `count` bytes or the connection is closed.
    func received(_ count: Int) async throws -> ByteBuffer {
        try await wait { bytes, _ in bytes.readableBytes >= count }
    }

    /// Everything received, once it ends with `bytes`; an error if the connection is closed first.
    func received(endingWith bytes: ByteBuffer) async throws -> ByteBuffer {
        let received = try await wait { received, _ in received.ends(with: bytes) }
        guard received.ends(with: bytes) else { throw ChannelError.eof }
        return received
    }

    /// Everything received when the server has closed the connection.
    func receivedUntilClosed() async throws -> ByteBuffer { try await wait { _, isClosed in isClosed } }

    /// Reads nothing until it is told to again; the network holds the server back.
    func setReading(_ isReading: Bool) async throws { try await channel.setOption(.autoRead, value: isReading).get() }

    func close() { channel.close(promise: nil) }

    private func wait(_ condition: @escaping @Sendable (ByteBuffer, Bool) -> Bool) async throws -> ByteBuffer {
        let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
        let late = channel.eventLoop.scheduleTask(in: .seconds(20)) {
            promise.fail(ChannelError.connectTimeout(.seconds(20)))
        }
        channel.eventLoop.execute { self.collector.value.wait(promise, condition) }
        defer { late.cancel() }
        return try await promise.futureResult.get()
    }
}

extension ByteBuffer {
    fileprivate func ends(with bytes: ByteBuffer) -> Bool {
        getSlice(at: writerIndex - bytes.readableBytes, length: bytes.readableBytes) == bytes
    }
}
