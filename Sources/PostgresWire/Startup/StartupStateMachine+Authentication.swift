import NIOCore

// Who the user is, and whether he can prove it.
extension StartupStateMachine {
    /// The owner knows how the user proves who he is.
    ///
    /// - Parameter channelBinding: the data of `tls-server-end-point`; nil without TLS or where none is defined.
    public mutating func identified(_ authentication: Authentication, channelBinding: [UInt8]?) -> Action {
        switch state {
        case .identifying(let message, let negotiation):
            switch authentication {
            case .trust:
                state = .admitting(message)
                return .admit(message, negotiation: negotiation, proof: nil)
            case .password(let verifier):
                let scram = ScramServerMachine(verifier: verifier, channelBinding: channelBinding)
                state = .authenticating(message, Exchange(scram: scram))
                return .offer(mechanisms: scram.mechanisms, negotiation: negotiation)
            }
        case .finished: return .wait
        case .awaitingPacket, .handshaking, .authenticating, .rejecting, .admitting, .started:
            preconditionFailure("nobody asked who the user is")
        }
    }

    /// A message was received before the session began.
    public mutating func messageReceived(_ message: FrontendMessage) -> Action {
        switch state {
        case .authenticating(let startup, let exchange):
            guard case .password(let bytes) = message else {
                return fail(.fatalViolation("expected SASL response, got message type \(message.type)"))
            }
            return saslReceived(bytes, startup, exchange)
        case .awaitingPacket, .handshaking, .identifying, .admitting:
            return fail(.fatalViolation("a message came before the start-up was over"))
        case .started: return fail(.fatalViolation("a message of the session was given to its start-up"))
        case .rejecting, .finished: return .wait
        }
    }

    /// The client has waited long enough for the news that its log-in has failed.
    public mutating func rejectionIsDue() -> Action {
        switch state {
        case .rejecting(let error): return fail(error)
        case .awaitingPacket, .handshaking, .identifying, .authenticating, .admitting, .started, .finished:
            return .wait
        }
    }

    private mutating func saslReceived(
        _ bytes: ByteBuffer, _ startup: StartupMessage, _ exchange: Exchange
    ) -> Action {
        var scram = exchange.scram
        let action: ScramServerMachine.Action
        do throws(PostgresError) {
            switch scram.state {
            case .awaitingFirst:
                let (mechanism, message) = try SASLMessage.initialResponse(bytes)
                action = scram.firstReceived(mechanism: mechanism, message)
            case .awaitingFinal, .finished: action = scram.finalReceived(try SASLMessage.response(bytes))
            }
        } catch {
            return reject(startup, error, reason: error.message)
        }
        switch action {
        case .challenge(let text):
            state = .authenticating(startup, Exchange(scram: scram))
            return .challenge(text)
        case .succeed(let proof):
            state = .admitting(startup)
            return .admit(startup, negotiation: nil, proof: proof)
        case .fail(.wrongPassword):
            return reject(
                startup,
                PostgresError(
                    severity: .fatal, code: .invalidPassword,
                    message: "password authentication failed for user \"\(startup.user)\""),
                reason: "wrong password, or no such user")
        case .fail(.violation(let reason)): return reject(startup, .fatalViolation(reason), reason: reason)
        }
    }

    private mutating func reject(_ startup: StartupMessage, _ error: PostgresError, reason: String) -> Action {
        state = .rejecting(error.asFatal)
        return .reject(user: startup.user, reason: reason)
    }
}
