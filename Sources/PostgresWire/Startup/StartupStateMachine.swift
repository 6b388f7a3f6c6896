/// A connection's way from its first byte to a session.
///
/// A struct machine without I/O: the channel handler tells it what happened and does what it answers.
/// `docs/ARCHITECTURE.md` and PostgreSQL's manual, chapter 55.2.1, tell the same story in words.
public struct StartupStateMachine: Sendable {
    /// How a user proves who he is.
    public enum Authentication: Hashable, Sendable {
        /// Anybody is let in under any name, as PostgreSQL's `trust`. SCRAM will be another case; the state
        /// ``State/authenticating(_:)`` waits for its messages.
        case trust
    }

    /// What a request for encryption is answered with.
    public enum Encryption: Hashable, Sendable {
        /// `N`: the client goes on in clear text or goes away. TLS will be another case: answer `S`, then a
        /// handshake before the next packet.
        case refused
    }

    public enum State: Hashable, Sendable {
        /// Nothing but refused requests for encryption came. Goes to ``authenticating(_:)``, ``admitting(_:)`` or
        /// ``finished``.
        case awaitingPacket(sslRequested: Bool, gssRequested: Bool)
        /// A StartupMessage came, and a password or SASL message is waited for. Goes to ``admitting(_:)`` or
        /// ``finished``. With ``Authentication/trust`` it is passed through.
        case authenticating(StartupMessage)
        /// The user is who he says; the owner decides whether there is room for one more session. Goes to
        /// ``started`` or ``finished``.
        case admitting(StartupMessage)
        /// The session has begun: messages belong to it. Final.
        case started
        /// The connection is being closed, or was for a CancelRequest. Final.
        case finished
    }

    public enum Action: Hashable, Sendable {
        /// Nothing to do until the next event.
        case wait
        /// Send this one byte, `N`.
        case refuseEncryption
        /// Ask the session of this key to cancel, and close the connection without an answer.
        case cancel(BackendKey)
        /// Decide on admission, and report ``StartupStateMachine/admitted()`` or
        /// ``StartupStateMachine/refused(_:)``. If `negotiation` is given, NegotiateProtocolVersion goes out before
        /// anything else.
        case admit(StartupMessage, negotiation: Negotiation?)
        /// Send AuthenticationOk and the greeting; the session begins.
        case start
        /// Send this ErrorResponse and close.
        case fail(PostgresError)
        /// Close without a word.
        case close
    }

    /// What a NegotiateProtocolVersion says.
    public struct Negotiation: Hashable, Sendable {
        public var newest: ProtocolVersion
        public var unknownOptions: [String]

        public init(newest: ProtocolVersion, unknownOptions: [String]) {
            self.newest = newest
            self.unknownOptions = unknownOptions
        }
    }

    public private(set) var state = State.awaitingPacket(sslRequested: false, gssRequested: false)
    private let authentication: Authentication
    private let encryption: Encryption

    public init(authentication: Authentication = .trust, encryption: Encryption = .refused) {
        self.authentication = authentication
        self.encryption = encryption
    }

    /// A start-up packet was received.
    public mutating func packetReceived(_ packet: StartupPacket) -> Action {
        switch state {
        case .awaitingPacket(let sslRequested, let gssRequested):
            switch packet {
            case .sslRequest: return sslRequestReceived(sslRequested: sslRequested, gssRequested: gssRequested)
            case .gssEncryptionRequest:
                guard !gssRequested else { return fail(.fatalViolation("GSSENCRequest came twice")) }
                state = .awaitingPacket(sslRequested: sslRequested, gssRequested: true)
                return .refuseEncryption
            case .cancelRequest(let key):
                state = .finished
                return .cancel(key)
            case .startup(let message): return startupReceived(message)
            }
        case .authenticating, .admitting, .started: return fail(.fatalViolation("a second start-up packet came"))
        case .finished: return .wait
        }
    }

    /// A message was received before the session began.
    public mutating func messageReceived(_ message: FrontendMessage) -> Action {
        switch state {
        case .awaitingPacket, .admitting: return fail(.fatalViolation("a message came before the start-up was over"))
        case .authenticating:
            switch authentication {
            case .trust: return fail(.fatalViolation("a password came that was not asked for"))
            }
        case .started: return fail(.fatalViolation("a message of the session was given to its start-up"))
        case .finished: return .wait
        }
    }

    /// There is room for the session.
    public mutating func admitted() -> Action {
        switch state {
        case .admitting:
            state = .started
            return .start
        case .awaitingPacket, .authenticating, .started: preconditionFailure("admission was not asked for")
        case .finished: return .wait
        }
    }

    /// There is no room for the session, or the owner does not want it.
    public mutating func refused(_ error: PostgresError) -> Action {
        switch state {
        case .admitting: return fail(error.asFatal)
        case .awaitingPacket, .authenticating, .started: preconditionFailure("admission was not asked for")
        case .finished: return .wait
        }
    }

    /// The peer sent bytes that are no packet.
    public mutating func errorReceived(_ error: PostgresError) -> Action {
        switch state {
        case .awaitingPacket, .authenticating, .admitting, .started: return fail(error.asFatal)
        case .finished: return .wait
        }
    }

    /// The start-up took too long.
    public mutating func timedOut() -> Action {
        switch state {
        case .awaitingPacket:
            // Nobody has said who he is: perhaps a port scanner, perhaps a health check. PostgreSQL says nothing too.
            state = .finished
            return .close
        case .authenticating, .admitting:
            return fail(
                PostgresError(
                    severity: .fatal, code: .invalidAuthorizationSpecification,
                    message: "canceling authentication due to timeout"))
        case .started, .finished: return .wait
        }
    }

    /// The connection was closed.
    public mutating func closed() { state = .finished }
}

extension StartupStateMachine {
    private mutating func fail(_ error: PostgresError) -> Action {
        state = .finished
        return .fail(error)
    }

    private mutating func sslRequestReceived(sslRequested: Bool, gssRequested: Bool) -> Action {
        guard !sslRequested else { return fail(.fatalViolation("SSLRequest came twice")) }
        switch encryption {
        case .refused:
            state = .awaitingPacket(sslRequested: true, gssRequested: gssRequested)
            return .refuseEncryption
        }
    }

    private mutating func startupReceived(_ message: StartupMessage) -> Action {
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
        let options = message.protocolOptions
        let negotiation: Negotiation? =
            message.version > .supported || !options.isEmpty
            ? Negotiation(newest: .supported, unknownOptions: options) : nil
        switch authentication {
        case .trust:
            state = .admitting(message)
            return .admit(message, negotiation: negotiation)
        }
    }
}
