import NIOCore
import NIOPosix

/// A connection to a PostgreSQL server, as small as replication and status queries need: TLS, SCRAM-SHA-256, simple
/// queries with text results, and CopyBoth. All of it may be called from any thread unless it says otherwise.
public final class PostgresClientConnection: Sendable {
    /// What a CancelRequest for this session shows; nil if the server gave none.
    public let key: BackendKey?

    private let writer: ChannelWriter
    /// Touched on the event loop alone.
    private let handler: NIOLoopBound<PostgresClientHandler>

    private init(key: BackendKey?, writer: ChannelWriter, handler: NIOLoopBound<PostgresClientHandler>) {
        self.key = key
        self.writer = writer
        self.handler = handler
    }

    public var eventLoop: any EventLoop { writer.eventLoop }

    /// Completed when the connection is closed.
    public var closeFuture: EventLoopFuture<Void> { writer.channel.closeFuture }

    // MARK: Connecting

    /// Connects and goes through the start-up.
    ///
    /// The future fails with a ``PostgresError``: the server's own, or ``SQLState/connectionFailure``.
    public static func connect(
        _ options: PostgresClientOptions, on eventLoop: any EventLoop
    ) -> EventLoopFuture<PostgresClientConnection> {
        let started = eventLoop.makePromise(of: BackendKey?.self)
        let connected = bootstrap(options, eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = options.tls {
                        try channel.pipeline.syncOperations.addHandler(tls.makeHandler(host: options.host))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        PostgresClientHandler(options: options, started: started))
                }
            }
            .connect(host: options.host, port: options.port)
        connected.whenFailure { started.fail($0) }
        return connected.and(started.futureResult).flatMapThrowing { channel, key in
            let handler = try channel.pipeline.syncOperations.handler(type: PostgresClientHandler.self)
            guard let writer = handler.writer else { throw PostgresError.connectionFailed("the connection was lost") }
            return PostgresClientConnection(
                key: key, writer: writer, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop))
        }.flatMapErrorThrowing { throw postgresError($0, options) }
    }

    /// Connects and goes through the start-up.
    public static func connect(
        _ options: PostgresClientOptions, on eventLoop: any EventLoop
    ) async throws(PostgresError) -> PostgresClientConnection {
        try await unwrap(connect(options, on: eventLoop))
    }

    /// Asks the server at `options` to cancel what the session of `key` is running. The server does not say whether
    /// it did; the future is completed when it has closed the connection.
    public static func cancel(
        _ key: BackendKey, _ options: PostgresClientOptions, on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        bootstrap(options, eventLoop).connect(host: options.host, port: options.port).flatMap { channel in
            var messages = FrontendMessages()
            messages.cancelRequest(key)
            channel.writeAndFlush(messages.take(), promise: nil)
            let late = channel.eventLoop.scheduleTask(in: .nanoseconds(options.startupTimeout.nanoseconds)) {
                channel.close(promise: nil)
            }
            return channel.closeFuture.always { _ in late.cancel() }
        }.flatMapErrorThrowing { throw postgresError($0, options) }
    }

    private static func bootstrap(_ options: PostgresClientOptions, _ eventLoop: any EventLoop) -> ClientBootstrap {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(.nanoseconds(options.connectTimeout.nanoseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(
                .writeBufferWaterMark,
                value: .init(
                    low: max(1, options.writeBufferWaterMark.lowerBound),
                    high: max(2, options.writeBufferWaterMark.upperBound)))
    }

    private static func postgresError(_ error: any Error, _ options: PostgresClientOptions) -> PostgresError {
        (error as? PostgresError)
            ?? .connectionFailed(
                "cannot connect to \(options.host):\(options.port): \(words(ofConnectionFailure: error))")
    }

    private static func unwrap<T: Sendable>(_ future: EventLoopFuture<T>) async throws(PostgresError) -> T {
        do {
            return try await future.get()
        } catch {
            throw (error as? PostgresError) ?? .connectionFailed("\(error)")
        }
    }

    // MARK: Queries

    /// Runs the statements of `sql` and gives their results. Queries on one connection run one after another.
    ///
    /// The future fails with a ``PostgresError``.
    public func query(_ sql: String) -> EventLoopFuture<[QueryResult]> {
        let promise = eventLoop.makePromise(of: [QueryResult].self)
        onEventLoop { $0.submit(.query(sql, promise)) }
        return promise.futureResult
    }

    /// Runs the statements of `sql` and gives their results.
    public func query(_ sql: String) async throws(PostgresError) -> [QueryResult] {
        try await Self.unwrap(query(sql))
    }

    // MARK: CopyBoth

    /// Sends a command that begins a stream in both directions, such as START_REPLICATION. Once the future is
    /// completed, `stream` is told of all that comes.
    ///
    /// To be called on the event loop, because `stream` belongs to it.
    public func startCopyBoth(_ command: String, stream: any PostgresCopyStream) -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        let promise = eventLoop.makePromise(of: Void.self)
        handler.value.submit(.copyBoth(command, stream, promise))
        return promise.futureResult
    }

    /// Sends messages, such as those of ``FrontendMessages/copyData(writing:)``, flushed.
    public func send(_ messages: ByteBuffer) { writer.send(messages) }

    /// Sends buffers one behind the other with one flush.
    public func send(_ buffers: [ByteBuffer]) { writer.send(buffers) }

    /// Ends this side's direction of the stream.
    public func sendCopyDone() { onEventLoop { $0.sendCopyDone() } }

    /// Whether little enough is waiting to be sent that more may be added.
    public var isWritable: Bool { writer.isWritable }

    /// Says goodbye, closes, and fails what waits.
    public func close() { onEventLoop { $0.close() } }

    /// On the event loop: what the server told of its settings.
    public var parameterStatuses: [String: String] { handler.value.parameterStatuses }

    /// On the event loop: what the last ReadyForQuery said.
    public var transactionStatus: TransactionStatus { handler.value.transactionStatus }

    private func onEventLoop(_ body: @escaping @Sendable (PostgresClientHandler) -> Void) {
        if eventLoop.inEventLoop {
            body(handler.value)
        } else {
            eventLoop.execute { body(self.handler.value) }
        }
    }
}
