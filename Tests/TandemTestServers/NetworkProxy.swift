import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A TCP proxy on a free port of loopback that sees each piece of data before it is passed on, and may pass it on later.
public final class NetworkProxy: Sendable {
    public enum Direction: Sendable, Hashable {
        case toServer
        case toClient
    }

    /// Told of a piece of data before it is passed on.
    ///
    /// - Returns: how long it is kept; nothing of a connection overtakes what came before it.
    public typealias Rule = @Sendable (Direction) -> Duration

    /// Where it listens.
    public let port: Int
    private let listener: any Channel

    private init(port: Int, listener: any Channel) {
        self.port = port
        self.listener = listener
    }

    /// Listens, and passes on to `target`, a port of loopback.
    public static func start(to target: Int, rule: @escaping Rule = { _ in .zero }) async throws -> NetworkProxy {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in connect(client, to: target, rule) }
            .bind(host: "127.0.0.1", port: try FreePort.next()).get()
        guard let port = listener.localAddress?.port else { throw TestServerError("the proxy has no port") }
        return NetworkProxy(port: port, listener: listener)
    }

    /// Connects to nobody any more; connections that are there go on until one side ends them.
    public func stop() async throws { try await listener.close() }

    /// Both sides are on one event loop, so that each may write to the other.
    private static func connect(
        _ client: any Channel, to target: Int, _ rule: @escaping Rule
    ) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: target)
            .flatMap { server in
                do {
                    try client.pipeline.syncOperations.addHandler(ProxySide(.toServer, to: server, rule))
                    try server.pipeline.syncOperations.addHandler(ProxySide(.toClient, to: client, rule))
                } catch {
                    return server.eventLoop.makeFailedFuture(error)
                }
                return server.setOption(.autoRead, value: true)
            }
    }
}
