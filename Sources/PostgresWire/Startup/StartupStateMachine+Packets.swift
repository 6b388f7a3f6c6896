// Encryption, and the packets of the start-up.
extension StartupStateMachine {
    /// The first bytes of a connection, or of what follows a refusal: whether they are a TLS handshake.
    public mutating func firstByteReceived(_ byte: UInt8) -> Action {
        guard case .awaitingPacket(let negotiated) = state, !negotiated.isEncrypted, !negotiated.sslRequested,
            byte == 0x16, encryption != .refused
        else { return .wait }
        state = .handshaking(isDirect: true)
        return .startTLS(isDirect: true)
    }

    /// TLS is set up.
    ///
    /// - Parameter negotiatedProtocol: what client and server have agreed to speak (ALPN); nil for nothing.
    public mutating func handshakeCompleted(negotiatedProtocol: String?) -> Action {
        switch state {
        case .handshaking(let isDirect):
            state = .awaitingPacket(Negotiated(sslRequested: true, gssRequested: true, isEncrypted: true))
            guard isDirect, negotiatedProtocol != Self.applicationProtocol else { return .wait }
            return fail(
                .fatalViolation("received direct SSL connection request without ALPN protocol negotiation extension"))
        case .awaitingPacket, .identifying, .authenticating, .rejecting, .admitting, .started, .finished: return .wait
        }
    }

    /// A start-up packet was received.
    public mutating func packetReceived(_ packet: StartupPacket) -> Action {
        switch state {
        case .awaitingPacket(let negotiated):
            switch packet {
            case .sslRequest: return sslRequestReceived(negotiated)
            case .gssEncryptionRequest: return gssRequestReceived(negotiated)
            case .cancelRequest(let key):
                state = .finished
                return .cancel(key)
            case .startup(let message): return startupReceived(message, isEncrypted: negotiated.isEncrypted)
            }
        case .handshaking, .identifying, .authenticating, .rejecting, .admitting, .started:
            return fail(.fatalViolation("a second start-up packet came"))
        case .finished: return .wait
        }
    }

    private mutating func sslRequestReceived(_ negotiated: Negotiated) -> Action {
        guard !negotiated.sslRequested else { return fail(.fatalViolation("SSLRequest came twice")) }
        guard encryption == .refused else {
            state = .handshaking(isDirect: false)
            return .startTLS(isDirect: false)
        }
        var negotiated = negotiated
        negotiated.sslRequested = true
        state = .awaitingPacket(negotiated)
        return .refuseEncryption
    }

    private mutating func gssRequestReceived(_ negotiated: Negotiated) -> Action {
        guard !negotiated.gssRequested else { return fail(.fatalViolation("GSSENCRequest came twice")) }
        var negotiated = negotiated
        negotiated.gssRequested = true
        state = .awaitingPacket(negotiated)
        return .refuseEncryption
    }

    private mutating func startupReceived(_ message: StartupMessage, isEncrypted: Bool) -> Action {
        guard message.version.major == ProtocolVersion.supported.major else {
            return fail(
                PostgresError(
                    severity: .fatal, code: .featureNotSupported,
                    message: "unsupported frontend protocol \(message.version): server supports 3.0"))
        }
        guard !message.user.isEmpty else {
            return fail(
                PostgresError(
                    severity: .fatal, code: .invalidAuthorizationSpecification,
                    message: "no PostgreSQL user name specified in startup packet"))
        }
        guard isEncrypted || encryption != .required else {
            return fail(
                PostgresError(
                    severity: .fatal, code: .invalidAuthorizationSpecification,
                    message: "this server takes connections over TLS only",
                    hint: "Connect with sslmode=require, or better sslmode=verify-full."))
        }
        let options = message.protocolOptions
        let negotiation: Negotiation? =
            message.version > .supported || !options.isEmpty
            ? Negotiation(newest: .supported, unknownOptions: options) : nil
        state = .identifying(message, negotiation)
        return .identify(message)
    }
}
