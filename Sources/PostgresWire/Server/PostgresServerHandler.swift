import NIOCore
import NIOTLS

/// Makes the session of a connection that has come through its start-up. Called on the connection's event loop.
///
/// An error refuses the session; it is sent as a fatal one.
public typealias PostgresSessionFactory =
    @Sendable (PostgresChannel, StartupMessage) throws(PostgresError) -> any PostgresSession

/// A connection on its event loop: framing, start-up, and the calls of its session.
final class PostgresServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// What all connections of a server share.
    struct Environment: Sendable {
        var options: PostgresServerOptions
        var registry: ConnectionRegistry
        var longMessages: LongMessages
        var makeSession: PostgresSessionFactory
    }

    enum Phase {
        /// Before the session; ``startup`` knows more.
        case startup
        /// Messages go to the session.
        case running(any PostgresSession)
        /// The socket is about to move to another loop: what arrives is kept for the new handler.
        case detaching
        /// The last words are being sent: what arrives is thrown away. The session still waits for `closed()`.
        case closing((any PostgresSession)?)
        /// The channel is closed or belongs to nobody any more. Final.
        case closed
    }

    let environment: Environment
    var phase = Phase.startup
    var startup: StartupStateMachine
    var decoder: FrontendFrameDecoder
    var handle: PostgresChannel?
    var timeout: Scheduled<Void>?
    var login = PostgresChannel.Login()
    /// What a client can bind its password's proof to; nil without TLS.
    var channelBinding: [UInt8]?
    var isPaused = false
    var isProcessing = false
    /// Whether messages were given to the session since `readCompleted()` was.
    private var hasNews = false
    /// What is counted of this connection in ``Environment/longMessages``.
    private var longMessageBytes = 0
    var channel: (any Channel)?
    /// That of a session.
    var socket: DirectSocket?
    /// Nil where the loop sleeps at once.
    var poll: BusyPoll?
    /// By which the session's answers go; nil before there is one.
    var outlet: ChannelOutlet?
    /// What is read past the channel.
    private var room = ByteBuffer()
    /// So many statements of a lone client are answered before the loop looks for others.
    private static let statementsInTurn = 16
    /// For so many of them it waits.
    private static let pollsInTurn = 4
    /// So many bytes are read past the channel at once.
    private static let directReadSize = 4096
    /// What becomes of a connection that was detached from another loop once its channel is active.
    private var resumption: (key: BackendKey, makeSession: @Sendable (PostgresChannel) -> any PostgresSession)?

    init(environment: Environment) {
        self.environment = environment
        startup = StartupStateMachine(encryption: environment.options.encryption)
        decoder = FrontendFrameDecoder(limits: environment.options.limits)
    }

    /// A handler of a connection whose session began elsewhere and of which `bytes` were already read.
    init(
        environment: Environment, resuming key: BackendKey, _ login: PostgresChannel.Login, bytes: ByteBuffer,
        makeSession: @escaping @Sendable (PostgresChannel) -> any PostgresSession
    ) {
        self.environment = environment
        startup = StartupStateMachine(encryption: environment.options.encryption)
        decoder = FrontendFrameDecoder(limits: environment.options.limits, startedWith: bytes)
        self.login = login
        resumption = (key, makeSession)
    }

    // MARK: Events of the channel

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        if let (key, makeSession) = resumption {
            resumption = nil
            let handle = makeHandle(key, context.channel)
            phase = .running(makeSession(handle))
            environment.registry.began(handle)
            process()
            readCompleted()
        } else {
            let timeout = TimeAmount.nanoseconds(environment.options.startupTimeout.nanoseconds)
            self.timeout = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
                self.perform(self.startup.timedOut())
            }
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        switch phase {
        case .startup where decoder.bufferedBytes == 0 && beginsHandshake(bytes): startTLS(replaying: bytes)
        case .startup, .running, .detaching:
            decoder.received(bytes)
            process()
        case .closing, .closed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if readCompleted() { readOn() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let negotiatedProtocol) = event {
            perform(startup.handshakeCompleted(negotiatedProtocol: negotiatedProtocol))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        handle?.writer.writabilityChanged(isWritable)
        if case .running(let session) = phase { session.writabilityChanged(isWritable) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connectionClosed()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { connectionClosed() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The socket's errors: the connection is lost, and the session learns it by `closed()`.
        context.close(promise: nil)
    }

    private func connectionClosed() {
        let former = phase
        phase = .closed
        if case .closed = former { return }
        forgetLongMessage()
        timeout?.cancel()
        startup.closed()
        handle?.writer.closed()
        if let handle { environment.registry.ended(handle.key) }
        switch former {
        case .running(let session), .closing(.some(let session)): session.closed()
        case .startup, .detaching, .closing(.none), .closed: break
        }
        // Last, because a server that goes down waits for it.
        if let channel { environment.registry.closed(channel) }
        handle = nil
        outlet = nil
        socket = nil
        channel = nil
    }

    // MARK: Messages

    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        do throws(PostgresError) {
            while !isPaused, try step() {}
        } catch {
            violated(error)
        }
        countLongMessage()
    }

    /// Takes one packet or message from the bytes; false if there is none.
    private func step() throws(PostgresError) -> Bool {
        switch phase {
        case .startup:
            if let packet = try decoder.nextStartupPacket() {
                perform(startup.packetReceived(packet))
                return true
            }
            guard let message = try decoder.nextMessage() else { return false }
            perform(startup.messageReceived(message))
            return true
        case .running(let session): return try give(to: session)
        case .detaching, .closing, .closed: return false
        }
    }

    /// Gives a session its messages, all that are there; false if none is left, true if it takes no more.
    private func give(to session: any PostgresSession) throws(PostgresError) -> Bool {
        while !isPaused, case .running = phase {
            guard let message = try decoder.nextMessage() else { return false }
            hasNews = true
            session.received(message)
        }
        return true
    }

    /// - Returns: Whether the client, the only one that has sent anything lately, has been answered already.
    @discardableResult
    func readCompleted() -> Bool {
        guard hasNews, let outlet, let flushes = handle?.writer.flushes, case .running(let session) = phase else {
            return false
        }
        hasNews = false
        return flushes.whileReading(outlet) { session.readCompleted() }
    }

    /// Goes on with what a client that has just been answered has sent since, so many times at most: others may wait.
    private func readOn() {
        guard let socket else { return }
        var polls = 0
        for _ in 0..<Self.statementsInTurn {
            guard case .running = phase, !isPaused else { return }
            room.clear(minimumCapacity: Self.directReadSize)
            // Behind TLS, and where others may wait by now, the channel reads what has come.
            guard !login.isEncrypted, polls < Self.pollsInTurn else {
                isPolled { socket.hasNews() }
                return
            }
            if !socket.read(into: &room, maximum: Self.directReadSize) {
                polls += 1
                let isRead = isPolled { socket.read(into: &self.room, maximum: Self.directReadSize) }
                guard isRead else { return }
            }
            decoder.received(room)
            process()
            guard readCompleted() else { return }
        }
    }

    @discardableResult
    private func isPolled(_ isThere: () -> Bool) -> Bool {
        guard let poll, let outlet, handle?.writer.flushes.senders.isAlone == true else { return false }
        return poll.wait(for: ObjectIdentifier(outlet), until: isThere)
    }

    private func countLongMessage() {
        let bytes = decoder.bufferedBytes < LongMessages.shortest ? 0 : decoder.bufferedBytes
        guard bytes != longMessageBytes else { return }
        let fits = environment.longMessages.changed(from: longMessageBytes, to: bytes)
        longMessageBytes = bytes
        guard !fits else { return }
        _ = decoder.takeBufferedBytes()
        forgetLongMessage()
        violated(.tooManyLongMessages)
    }

    func forgetLongMessage() {
        guard longMessageBytes > 0 else { return }
        _ = environment.longMessages.changed(from: longMessageBytes, to: 0)
        longMessageBytes = 0
    }

    private func violated(_ error: PostgresError) {
        switch phase {
        case .startup: perform(startup.errorReceived(error))
        case .running: close(sending: error)
        case .detaching, .closing, .closed: break
        }
    }
}
