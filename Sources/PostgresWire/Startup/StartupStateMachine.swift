/// A connection's way from its first byte to a session: encryption, authentication, admission.
///
/// A struct machine without I/O: the channel handler tells it what happened and does what it answers.
/// PostgreSQL's manual, chapters 55.2.1 and 55.3, tells the same story in words.
public struct StartupStateMachine: Sendable {
    /// How a user proves who he is.
    public enum Authentication: Hashable, Sendable {
        /// He is believed, as with PostgreSQL's `trust`.
        case trust
        /// By a password, with SCRAM-SHA-256. A user who does not exist is asked like one who does:
        /// ``ScramVerifier/unknownUser(_:secret:)``.
        case password(ScramVerifier)
    }

    /// What a request for encryption is answered with.
    public enum Encryption: Hashable, Sendable {
        /// `N`: the client goes on in clear text or goes away.
        case refused
        /// `S`: a TLS handshake follows. Clients that do not ask for it go on in clear text.
        case offered
        /// The same; clients that do not ask for it are sent away.
        case required
    }

    /// What has been said about encryption.
    public struct Negotiated: Hashable, Sendable {
        public var sslRequested = false
        public var gssRequested = false
        public var isEncrypted = false
    }

    public enum State: Hashable, Sendable {
        /// Nothing but requests for encryption came. Goes to ``handshaking(isDirect:)``, ``identifying(_:_:)`` or
        /// ``finished``.
        case awaitingPacket(Negotiated)
        /// TLS is being set up. Goes to ``awaitingPacket(_:)`` or ``finished``.
        case handshaking(isDirect: Bool)
        /// A StartupMessage came; the owner finds out how this user proves who he is. Goes to
        /// ``authenticating(_:_:)``, ``admitting(_:)`` or ``finished``.
        case identifying(StartupMessage, Negotiation?)
        /// A SASL message is waited for. Goes to ``admitting(_:)``, ``rejecting(_:)`` or ``finished``.
        case authenticating(StartupMessage, Exchange)
        /// The log-in has failed, and the client waits for being told. Goes to ``finished``.
        case rejecting(PostgresError)
        /// The user is who he says; the owner decides whether there is room for one more session. Goes to
        /// ``started`` or ``finished``.
        case admitting(StartupMessage)
        /// The session has begun: messages belong to it. Final.
        case started
        /// The connection is being closed, or was for a CancelRequest. Final.
        case finished
    }

    /// A SCRAM exchange that is under way.
    public struct Exchange: Hashable, Sendable {
        var scram: ScramServerMachine
    }

    public enum Action: Hashable, Sendable {
        /// Nothing to do until the next event.
        case wait
        /// Send this one byte, `N`.
        case refuseEncryption
        /// Send the byte `S` unless the client began with its handshake, set up TLS in the same turn of the event
        /// loop, and report ``StartupStateMachine/handshakeCompleted(negotiatedProtocol:)``.
        case startTLS(isDirect: Bool)
        /// Ask the session of this key to cancel, and close the connection without an answer.
        case cancel(BackendKey)
        /// Find out how this user proves who he is, and report ``StartupStateMachine/identified(_:channelBinding:)``
        /// or ``StartupStateMachine/refused(_:)``.
        case identify(StartupMessage)
        /// Send AuthenticationSASL; if `negotiation` is given, NegotiateProtocolVersion goes before it.
        case offer(mechanisms: [String], negotiation: Negotiation?)
        /// Send AuthenticationSASLContinue.
        case challenge(String)
        /// Decide on admission, and report ``StartupStateMachine/admitted()`` or
        /// ``StartupStateMachine/refused(_:)``. If `negotiation` is given, NegotiateProtocolVersion goes out before
        /// anything else; if `proof` is given, AuthenticationSASLFinal.
        case admit(StartupMessage, negotiation: Negotiation?, proof: String?)
        /// Send AuthenticationOk and the greeting; the session begins.
        case start
        /// The log-in of this user has failed. Say so after a while, and report
        /// ``StartupStateMachine/rejectionIsDue()``; reading is of no use meanwhile.
        case reject(user: String, reason: String)
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

    /// The protocol's name in TLS (ALPN), which a client that begins with its handshake must name: otherwise it may be
    /// a browser that a third party has sent here.
    public static let applicationProtocol = "postgresql"

    public internal(set) var state = State.awaitingPacket(Negotiated())
    let encryption: Encryption

    public init(encryption: Encryption = .refused) { self.encryption = encryption }

    /// Whether the session has not begun.
    public var isPending: Bool {
        switch state {
        case .started, .finished: false
        default: true
        }
    }

    /// There is room for the session.
    public mutating func admitted() -> Action {
        switch state {
        case .admitting:
            state = .started
            return .start
        case .finished: return .wait
        case .awaitingPacket, .handshaking, .identifying, .authenticating, .rejecting, .started:
            preconditionFailure("admission was not asked for")
        }
    }

    /// There is no room for the session, the owner does not want it, or cannot find out who the user is.
    public mutating func refused(_ error: PostgresError) -> Action {
        switch state {
        case .admitting, .identifying: return fail(error.asFatal)
        case .finished: return .wait
        case .awaitingPacket, .handshaking, .authenticating, .rejecting, .started:
            preconditionFailure("admission was not asked for")
        }
    }

    /// The peer sent bytes that are no packet, or the connection cannot be kept.
    public mutating func errorReceived(_ error: PostgresError) -> Action {
        switch state {
        case .handshaking:
            // Nothing can be said in clear text any more, and not yet in TLS.
            state = .finished
            return .close
        case .rejecting(let rejection): return fail(rejection)
        case .awaitingPacket, .identifying, .authenticating, .admitting, .started: return fail(error.asFatal)
        case .finished: return .wait
        }
    }

    /// The start-up took too long.
    public mutating func timedOut() -> Action {
        switch state {
        case .awaitingPacket, .handshaking:
            // Nobody has said who he is: perhaps a port scanner, perhaps a health check. PostgreSQL says nothing too.
            state = .finished
            return .close
        case .rejecting(let rejection): return fail(rejection)
        case .identifying, .authenticating, .admitting:
            return fail(
                PostgresError(
                    severity: .fatal, code: .invalidAuthorizationSpecification,
                    message: "canceling authentication due to timeout"))
        case .started, .finished: return .wait
        }
    }

    /// The connection was closed.
    public mutating func closed() { state = .finished }

    mutating func fail(_ error: PostgresError) -> Action {
        state = .finished
        return .fail(error)
    }
}
