import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension PostgresChannel {
    /// Moves the connection to another event loop, where a session of another kind goes on with it.
    ///
    /// To be called on the event loop, from a method of the session. No further message is given to that session, and
    /// `closed()` is not called. What was sent before goes out first; then the socket changes loops, and with it the
    /// bytes that were read already. This handle is dead afterwards; the cancel key stays the same. A connection that
    /// is encrypted cannot move, because TLS belongs to its channel.
    ///
    /// - Parameter makeSession: makes the session that goes on, on the other loop, before it gets its first message.
    /// - Returns: The new handle, on the other loop. If it fails the connection is closed.
    public func detach(
        to eventLoop: any EventLoop, makeSession: @escaping @Sendable (PostgresChannel) -> any PostgresSession
    ) -> EventLoopFuture<PostgresChannel> {
        self.eventLoop.preconditionInEventLoop()
        guard !isEncrypted else {
            return eventLoop.makeFailedFuture(PostgresError.cannotDetach("it is encrypted"))
        }
        guard handler.value.beginDetaching() else {
            return eventLoop.makeFailedFuture(PostgresError.cannotDetach("its session is not running"))
        }
        let promise = eventLoop.makePromise(of: PostgresChannel.self)
        let channel = writer.channel
        writer.drained().whenComplete { result in
            do {
                try result.get()
                let (socket, bytes) = try self.takeSocket()
                self.attach(socket, bytes, to: eventLoop, from: channel, makeSession, promise)
            } catch {
                self.abandon(channel)
                promise.fail(error)
            }
        }
        return promise.futureResult
    }

    /// Duplicates the socket, so that the first channel can be closed without an end of the connection: the system
    /// sends FIN when the last descriptor goes.
    private func takeSocket() throws -> (NIOBSDSocket.Handle, ByteBuffer) {
        let duplicate = try writer.channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { fcntl($0, F_DUPFD_CLOEXEC, 0) }
        guard let duplicate else { throw PostgresError.cannotDetach("its channel has no socket") }
        guard duplicate >= 0 else { throw PostgresError.cannotDetach(String(cString: strerror(errno))) }
        return (duplicate, handler.value.detached())
    }

    private func attach(
        _ socket: NIOBSDSocket.Handle, _ bytes: ByteBuffer, to eventLoop: any EventLoop, from former: any Channel,
        _ makeSession: @escaping @Sendable (PostgresChannel) -> any PostgresSession,
        _ promise: EventLoopPromise<PostgresChannel>
    ) {
        let environment = handler.value.environment
        let key = key
        let login = Login(attributes: attributes)
        // The first channel must have left its selector before the other loop uses the socket.
        former.close().whenComplete { _ in
            let bootstrap = ClientBootstrap(group: eventLoop)
                .channelOption(.writeBufferWaterMark, value: environment.options.channelWaterMark)
                .channelInitializer { channel in
                    environment.registry.moved(from: former, to: channel)
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            PostgresServerHandler(environment: environment, resuming: key, login, bytes: bytes) {
                                handle in
                                promise.succeed(handle)
                                return makeSession(handle)
                            })
                    }
                }
            bootstrap.withConnectedSocket(socket).whenFailure { error in
                environment.registry.ended(key)
                environment.registry.closed(former)
                promise.fail(error)
            }
        }
    }

    private func abandon(_ channel: any Channel) {
        let registry = handler.value.environment.registry
        _ = handler.value.detached()
        channel.close(promise: nil)
        registry.ended(key)
        registry.closed(channel)
    }
}

extension PostgresError {
    fileprivate static func cannotDetach(_ reason: String) -> PostgresError {
        PostgresError(code: .systemError, message: "cannot move a connection to another event loop: \(reason)")
    }
}
