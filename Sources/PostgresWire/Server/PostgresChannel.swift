import NIOCore

/// A session's connection, as its owner holds it. All of it may be called from any thread unless it says otherwise.
public final class PostgresChannel: Sendable {
    /// What a CancelRequest for this session must show.
    public let key: BackendKey
    /// The client's address; nil if the system does not tell.
    public let peerAddress: SocketAddress?
    /// The server's address that the client has connected to; nil if the system does not tell.
    public var localAddress: SocketAddress? { writer.channel.localAddress }

    /// What the server's owner said of the user: ``PostgresUser/attributes``.
    public let attributes: (any Sendable)?
    /// Whether the connection is encrypted by TLS.
    public let isEncrypted: Bool

    let writer: ChannelWriter
    /// Touched on the event loop alone.
    let handler: NIOLoopBound<PostgresServerHandler>

    init(
        key: BackendKey, login: Login, writer: ChannelWriter, handler: NIOLoopBound<PostgresServerHandler>
    ) {
        self.key = key
        attributes = login.attributes
        isEncrypted = login.isEncrypted
        self.writer = writer
        self.handler = handler
        peerAddress = writer.channel.remoteAddress
    }

    /// What was found out in the start-up, and stays true for the whole connection.
    struct Login: Sendable {
        var attributes: (any Sendable)?
        var isEncrypted = false
    }

    /// The event loop the session's methods are called on.
    public var eventLoop: any EventLoop { writer.eventLoop }

    /// Sends messages, flushed. From another thread it costs one wake-up of the event loop at most. After the
    /// connection's end it does nothing.
    public func send(_ messages: ByteBuffer) { writer.send(messages) }

    /// Sends buffers one behind the other with one flush: a head and a large payload, say, without a copy.
    public func send(_ buffers: [ByteBuffer]) { writer.send(buffers) }

    /// Sends to many channels with one wake-up of each event loop they are on.
    public static func sendAll(_ messages: [(channel: PostgresChannel, buffer: ByteBuffer)]) {
        guard let first = messages.first?.channel.eventLoop else { return }
        if messages.allSatisfy({ $0.channel.eventLoop === first }) {
            send(messages, on: first)
            return
        }
        let byLoop = Dictionary(grouping: messages) { ObjectIdentifier($0.channel.eventLoop) }
        for group in byLoop.values {
            if let loop = group.first?.channel.eventLoop { send(group, on: loop) }
        }
    }

    private static func send(_ messages: [(channel: PostgresChannel, buffer: ByteBuffer)], on loop: any EventLoop) {
        if loop.inEventLoop {
            for (channel, buffer) in messages { channel.send(buffer) }
            return
        }
        for (channel, buffer) in messages { channel.writer.handOver(buffer.readableBytes) }
        loop.execute {
            for (channel, buffer) in messages { channel.writer.write(handedOver: buffer) }
        }
    }

    /// Whether little enough is waiting to be sent that more may be added. What is sent all the same is kept in
    /// memory until the client reads.
    public var isWritable: Bool { writer.isWritable }

    /// How much of what was sent waits in this process until the client reads. On the event loop.
    public var unsentByteCount: Int { writer.unsentByteCount }

    /// Blocks the calling thread until the channel is writable or closed, for `timeout` at most. Not to be called on
    /// an event loop.
    public func waitUntilWritable(timeout: Duration) -> Writability { writer.waitUntilWritable(timeout: timeout) }

    /// Closes when all that was sent has gone out, or after five seconds if the client does not read.
    public func close() { onEventLoop { $0.close(sending: nil) } }

    /// Sends `error` as a fatal one and closes.
    public func close(_ error: PostgresError) { onEventLoop { $0.close(sending: error.asFatal) } }

    /// Gives the session no more messages until ``resumeReading()``; what has arrived stays where it is, and the
    /// client is soon held back by the network. On the event loop it takes effect before the next message.
    ///
    /// A client that goes away is noticed late while reading is paused.
    public func pauseReading() { onEventLoop { $0.pauseReading() } }

    /// Ends ``pauseReading()``.
    public func resumeReading() { onEventLoop { $0.resumeReading() } }

    private func onEventLoop(_ body: @escaping @Sendable (PostgresServerHandler) -> Void) {
        if eventLoop.inEventLoop {
            body(handler.value)
        } else {
            eventLoop.execute { body(self.handler.value) }
        }
    }

    /// Asks the session to cancel its running statement, as a CancelRequest does.
    public func requestCancel() { onEventLoop { $0.cancelRequested() } }

    /// Asks the session to end now, with that error as its last words.
    public func requestTermination(_ reason: PostgresError) { onEventLoop { $0.terminationRequested(reason) } }

    func requestShutdown() { onEventLoop { $0.shutdownRequested() } }
}
