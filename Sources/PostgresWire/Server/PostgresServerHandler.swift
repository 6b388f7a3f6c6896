import NIOCore

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
        var makeSession: PostgresSessionFactory
    }

    private enum Phase {
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
    private var phase = Phase.startup
    private var startup: StartupStateMachine
    private var decoder: FrontendFrameDecoder
    private var handle: PostgresChannel?
    private var timeout: Scheduled<Void>?
    private var isPaused = false
    private var isProcessing = false
    /// Whether messages were given to the session since `readCompleted()` was.
    private var hasNews = false
    private var channel: (any Channel)?
    /// What becomes of a connection that was detached from another loop once its channel is active.
    private var resumption: (key: BackendKey, makeSession: @Sendable (PostgresChannel) -> any PostgresSession)?

    init(environment: Environment) {
        self.environment = environment
        startup = StartupStateMachine(authentication: environment.options.authentication)
        decoder = FrontendFrameDecoder(limits: environment.options.limits)
    }

    /// A handler of a connection whose session began elsewhere and of which `bytes` were already read.
    init(
        environment: Environment, resuming key: BackendKey, bytes: ByteBuffer,
        makeSession: @escaping @Sendable (PostgresChannel) -> any PostgresSession
    ) {
        self.environment = environment
        startup = StartupStateMachine(authentication: environment.options.authentication)
        decoder = FrontendFrameDecoder(limits: environment.options.limits, startedWith: bytes)
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
        switch phase {
        case .startup, .running, .detaching:
            decoder.received(unwrapInboundIn(data))
            process()
        case .closing, .closed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { readCompleted() }

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
        channel = nil
    }

    // MARK: Messages

    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        do throws(PostgresError) {
            while !isPaused, try step() {}
        } catch {
            violated(error)
        }
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
        case .running(let session):
            guard let message = try decoder.nextMessage() else { return false }
            hasNews = true
            session.received(message)
            return true
        case .detaching, .closing, .closed: return false
        }
    }

    private func readCompleted() {
        guard hasNews, case .running(let session) = phase else { return }
        hasNews = false
        session.readCompleted()
    }

    private func violated(_ error: PostgresError) {
        switch phase {
        case .startup: perform(startup.errorReceived(error))
        case .running: close(sending: error)
        case .detaching, .closing, .closed: break
        }
    }

    // MARK: Start-up

    private func perform(_ action: StartupStateMachine.Action) {
        switch action {
        case .wait, .start: break
        case .refuseEncryption: channel?.writeAndFlush(ByteBuffer(string: "N"), promise: nil)
        case .cancel(let key):
            environment.registry.session(of: key)?.requestCancel()
            close(sending: nil)
        case .admit(let message, let negotiation): admit(message, negotiation)
        case .fail(let error): close(sending: error)
        case .close: close(sending: nil)
        }
    }

    private func admit(_ message: StartupMessage, _ negotiation: StartupStateMachine.Negotiation?) {
        guard let channel else { return }
        do throws(PostgresError) {
            let key = try environment.registry.admit(isReplication: message.isReplication).get()
            let handle = makeHandle(key, channel)
            let session = try environment.makeSession(handle, message)
            guard case .start = startup.admitted() else { return }
            timeout?.cancel()
            decoder.authenticated()
            phase = .running(session)
            environment.registry.began(handle)
            greet(handle, session, message, negotiation)
        } catch {
            // The place is free at once, not only when the refusal is sent.
            if let handle { environment.registry.ended(handle.key) }
            handle = nil
            perform(startup.refused(error))
        }
    }

    private func greet(
        _ handle: PostgresChannel, _ session: any PostgresSession, _ message: StartupMessage,
        _ negotiation: StartupStateMachine.Negotiation?
    ) {
        var greeting = BackendMessages(capacity: 512)
        if let negotiation {
            greeting.negotiateProtocolVersion(
                newest: negotiation.newest, unknownOptions: negotiation.unknownOptions)
        }
        greeting.authenticationOk()
        for (name, value) in environment.options.parameterStatuses { greeting.parameterStatus(name, value) }
        greeting.parameterStatus("application_name", message.applicationName)
        greeting.backendKeyData(handle.key)
        session.started(&greeting)
        greeting.readyForQuery(.idle)
        handle.send(greeting.take())
    }

    private func makeHandle(_ key: BackendKey, _ channel: any Channel) -> PostgresChannel {
        let writer = ChannelWriter(channel, highWaterMark: environment.options.writeBufferWaterMark.upperBound)
        let handle = PostgresChannel(
            key: key, writer: writer, handler: NIOLoopBound(self, eventLoop: channel.eventLoop))
        self.handle = handle
        return handle
    }

    // MARK: What the channel's handle asks for

    func cancelRequested() {
        if case .running(let session) = phase { session.cancelRequested() }
    }

    func shutdownRequested() {
        switch phase {
        case .startup: perform(startup.errorReceived(.shuttingDown))
        case .running(let session): session.shutdownRequested()
        case .detaching, .closing, .closed: break
        }
    }

    /// Sends the last words, if any, and closes; the session waits for `closed()`.
    func close(sending error: PostgresError?) {
        guard let channel else { return }
        switch phase {
        case .startup: phase = .closing(nil)
        case .running(let session): phase = .closing(session)
        case .detaching, .closing, .closed: return
        }
        timeout?.cancel()
        let writer = handle?.writer ?? ChannelWriter(channel, highWaterMark: .max)
        if let error {
            var messages = BackendMessages()
            messages.errorResponse(error)
            writer.send(messages.take())
        }
        writer.closeWhenFlushed()
    }

    func pauseReading() {
        guard !isPaused else { return }
        isPaused = true
        setAutoRead(false)
    }

    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        process()
        if !isProcessing { readCompleted() }
        // The session may have paused again at the first of the messages that were waiting.
        if !isPaused { setAutoRead(true) }
    }

    private func setAutoRead(_ value: Bool) {
        // It fails only for a channel that is closed, where nothing is read any more.
        try? channel?.syncOptions?.setOption(.autoRead, value: value)
    }

    // MARK: Detaching

    /// From now on messages are kept for another handler. False if the session is not running.
    func beginDetaching() -> Bool {
        guard case .running = phase else { return false }
        phase = .detaching
        setAutoRead(false)
        return true
    }

    /// The socket belongs to another channel now.
    ///
    /// - Returns: The bytes that were read and belong to no message yet.
    func detached() -> ByteBuffer {
        phase = .closed
        handle?.writer.closed()
        handle = nil
        channel = nil
        return decoder.takeBufferedBytes()
    }
}
