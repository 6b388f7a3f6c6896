import NIOCore
import NIOPosix

/// A server of PostgreSQL's protocol 3.0: accepts connections, brings them through their start-up, and gives the
/// messages to the sessions the owner makes.
public final class PostgresServer: Sendable {
    private let listener: any Channel
    private let registry: ConnectionRegistry

    /// Where it listens.
    public let localAddress: SocketAddress

    /// The port it listens on.
    public var port: Int { localAddress.port ?? 0 }

    /// How many sessions there are now.
    public var sessionCount: Int { registry.sessionCount }

    private init(listener: any Channel, localAddress: SocketAddress, registry: ConnectionRegistry) {
        self.listener = listener
        self.localAddress = localAddress
        self.registry = registry
    }

    /// Listens, and lets connections in at once.
    ///
    /// - Parameters:
    ///   - group: the event loops of the connections; each connection stays on the one it was given.
    ///   - makeSession: makes each connection's session.
    /// - Throws: ``SQLState/systemError`` if the address cannot be listened on, with the reason.
    public static func listen(
        _ options: PostgresServerOptions, on group: any EventLoopGroup,
        makeSession: @escaping PostgresSessionFactory
    ) async throws(PostgresError) -> PostgresServer {
        let registry = ConnectionRegistry(
            limits: .init(
                sessions: options.maximumConnections, replicationSessions: options.maximumReplicationConnections,
                startups: options.maximumStartups))
        let environment = PostgresServerHandler.Environment(
            options: options, registry: registry, longMessages: LongMessages(limit: options.maximumLongMessageBytes),
            makeSession: makeSession)
        do {
            let listener = try await bootstrap(environment, group).bind(host: options.host, port: options.port).get()
            guard let address = listener.localAddress else { throw ChannelError.unknownLocalAddress }
            return PostgresServer(listener: listener, localAddress: address, registry: registry)
        } catch {
            throw PostgresError(
                severity: .fatal, code: .systemError,
                message: "cannot listen on \(options.host):\(options.port): \(words(ofConnectionFailure: error))",
                hint: "Is another server running on that port? Choose another port or stop it.")
        }
    }

    private static func bootstrap(
        _ environment: PostgresServerHandler.Environment, _ group: any EventLoopGroup
    ) -> ServerBootstrap {
        let options = environment.options
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: options.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: options.channelWaterMark)
            .childChannelInitializer { channel in
                switch environment.registry.opened(channel) {
                case .refused: return channel.close()
                case .accepted(let leaving):
                    if let leaving { tell(leaving) { $0.startupTakesTooLong() } }
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PostgresServerHandler(environment: environment))
                }
            }
    }

    /// Goes down: lets nobody in, tells all sessions, and closes what is left after `grace` with 57P01.
    ///
    /// Returns when the last connection is closed. A second call waits for the same.
    public func shutdown(grace: Duration) async {
        let promise = listener.eventLoop.makePromise(of: Void.self)
        guard let connections = registry.beginShutdown(promise) else {
            promise.succeed()
            try? await registry.drained?.get()
            return
        }
        try? await listener.close()
        for channel in connections { Self.tell(channel) { $0.shutdownRequested() } }
        let registry = registry
        let late = listener.eventLoop.scheduleTask(in: .nanoseconds(grace.nanoseconds)) {
            for channel in registry.connections { Self.tell(channel) { $0.close(sending: .adminShutdown) } }
        }
        try? await promise.futureResult.get()
        late.cancel()
    }

    static func tell(_ channel: any Channel, _ body: @escaping @Sendable (PostgresServerHandler) -> Void) {
        channel.eventLoop.execute {
            if let handler = try? channel.pipeline.syncOperations.handler(type: PostgresServerHandler.self) {
                body(handler)
            } else {
                channel.close(promise: nil)
            }
        }
    }
}

extension PostgresServerOptions {
    var channelWaterMark: ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: max(1, writeBufferWaterMark.lowerBound), high: max(2, writeBufferWaterMark.upperBound))
    }
}
