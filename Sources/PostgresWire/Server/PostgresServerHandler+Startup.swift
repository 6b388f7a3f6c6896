import NIOCore
import NIOSSL

// A connection's start-up: does what the state machine decides.
extension PostgresServerHandler {
    func perform(_ action: StartupStateMachine.Action) {
        switch action {
        case .wait, .start: break
        case .refuseEncryption: channel?.writeAndFlush(ByteBuffer(string: "N"), promise: nil)
        case .startTLS: startTLS(replaying: nil)
        case .cancel(let key):
            environment.registry.session(of: key)?.requestCancel()
            closeAtOnce()
        case .identify(let message): identify(message)
        case .offer(let mechanisms, let negotiation):
            var messages = BackendMessages()
            if let negotiation { messages.negotiate(negotiation) }
            messages.authenticationSASL(mechanisms)
            channel?.writeAndFlush(messages.take(), promise: nil)
        case .challenge(let text):
            var messages = BackendMessages()
            messages.authenticationSASLContinue(text)
            channel?.writeAndFlush(messages.take(), promise: nil)
        case .admit(let message, let negotiation, let proof): admit(message, negotiation, proof)
        case .reject(let user, let reason): reject(user, reason)
        case .fail(let error): close(sending: error)
        case .close: closeAtOnce()
        }
    }

    /// Nothing is left to be sent.
    private func closeAtOnce() {
        phase = .closing(nil)
        channel?.close(promise: nil)
    }

    // MARK: TLS

    /// Whether the bytes are the beginning of a TLS handshake that nobody announced.
    func beginsHandshake(_ bytes: ByteBuffer) -> Bool {
        guard let first: UInt8 = bytes.getInteger(at: bytes.readerIndex) else { return false }
        if case .startTLS = startup.firstByteReceived(first) { return true }
        return false
    }

    /// Puts TLS in front of this handler, in the same turn of the event loop as the answer goes out: nothing that
    /// arrives can slip by.
    ///
    /// - Parameter bytes: the handshake's beginning, if the client did not ask first.
    func startTLS(replaying bytes: ByteBuffer?) {
        guard let channel, let identity = environment.options.tls?.identity else { return closeAtOnce() }
        if bytes == nil { channel.writeAndFlush(ByteBuffer(string: "S"), promise: nil) }
        do {
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(context: identity.context), position: .first)
        } catch {
            // It fails only where the system has no memory for it.
            return closeAtOnce()
        }
        login.isEncrypted = true
        channelBinding = identity.channelBinding
        guard let bytes else { return }
        channel.pipeline.syncOperations.fireChannelRead(NIOAny(bytes))
        channel.pipeline.syncOperations.fireChannelReadComplete()
    }

    // MARK: Authentication

    private func identify(_ message: StartupMessage) {
        guard let channel else { return }
        pauseReading()
        let handler = NIOLoopBound(self, eventLoop: channel.eventLoop)
        environment.options.authenticate(message, channel.eventLoop).whenComplete { result in
            handler.value.identified(result)
        }
    }

    private func identified(_ result: Result<PostgresUser, any Error>) {
        guard case .startup = phase else { return }
        switch result {
        case .success(let user):
            login.attributes = user.attributes
            perform(startup.identified(user.authentication, channelBinding: channelBinding))
        case .failure(let error):
            let refusal =
                error as? PostgresError
                ?? PostgresError(severity: .fatal, code: .internalError, message: "cannot look the user up: \(error)")
            perform(startup.refused(refusal))
        }
        resumeReading()
    }

    /// Lets the client wait, without a thread or more than this one of the start-ups' places.
    private func reject(_ user: String, _ reason: String) {
        guard let channel else { return }
        environment.options.loginFailed(FailedLogin(user: user, address: channel.remoteAddress, reason: reason))
        pauseReading()
        let handler = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let delay = TimeAmount.nanoseconds(environment.options.failedLoginDelay.nanoseconds)
        channel.eventLoop.scheduleTask(in: delay) { handler.value.perform(handler.value.startup.rejectionIsDue()) }
    }

    /// Others wait for this connection's place.
    func startupTakesTooLong() {
        guard case .startup = phase else { return }
        perform(startup.errorReceived(.tooManyStartups))
    }

    // MARK: Admission

    private func admit(
        _ message: StartupMessage, _ negotiation: StartupStateMachine.Negotiation?, _ proof: String?
    ) {
        guard let channel else { return }
        do throws(PostgresError) {
            let key = try environment.registry.admit(isReplication: message.isReplication).get()
            let handle = makeHandle(key, channel)
            let session = try environment.makeSession(handle, message)
            guard case .start = startup.admitted() else { return }
            timeout?.cancel()
            environment.registry.startupEnded(channel)
            decoder.authenticated()
            phase = .running(session)
            environment.registry.began(handle)
            var greeting = BackendMessages(capacity: 512)
            if let negotiation { greeting.negotiate(negotiation) }
            if let proof { greeting.authenticationSASLFinal(proof) }
            greet(handle, session, message, &greeting)
        } catch {
            // The place is free at once, not only when the refusal is sent.
            if let handle { environment.registry.ended(handle.key) }
            handle = nil
            perform(startup.refused(error))
        }
    }

    private func greet(
        _ handle: PostgresChannel, _ session: any PostgresSession, _ message: StartupMessage,
        _ greeting: inout BackendMessages
    ) {
        greeting.authenticationOk()
        for (name, value) in environment.options.parameterStatuses { greeting.parameterStatus(name, value) }
        greeting.parameterStatus("application_name", message.applicationName)
        greeting.backendKeyData(handle.key)
        session.started(&greeting)
        greeting.readyForQuery(.idle)
        handle.send(greeting.take())
    }

    func makeHandle(_ key: BackendKey, _ channel: any Channel) -> PostgresChannel {
        socket = DirectSocket(of: channel)
        poll = BusyPoll(for: environment.options.busyPoll)
        let outlet = ChannelOutlet(channel, past: login.isEncrypted ? nil : socket)
        self.outlet = outlet
        let writer = ChannelWriter(outlet, highWaterMark: environment.options.writeBufferWaterMark.upperBound)
        let handle = PostgresChannel(
            key: key, login: login, writer: writer, handler: NIOLoopBound(self, eventLoop: channel.eventLoop))
        self.handle = handle
        return handle
    }
}

extension BackendMessages {
    fileprivate mutating func negotiate(_ negotiation: StartupStateMachine.Negotiation) {
        negotiateProtocolVersion(newest: negotiation.newest, unknownOptions: negotiation.unknownOptions)
    }
}
