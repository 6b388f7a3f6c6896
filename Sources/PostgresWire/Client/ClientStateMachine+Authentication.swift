import NIOCore

// Who the user is, and whether the server knows it as well.
extension ClientStateMachine {
    mutating func duringAuthentication(_ message: BackendMessage) -> Action {
        switch message {
        case .authentication(.ok):
            state = .greeting(key: nil)
            return .wait
        case .authentication(.sasl(let mechanisms)): return mechanismsOffered(mechanisms)
        case .authentication(.unsupported(let method)):
            return fail(
                PostgresError(
                    severity: .fatal, code: .featureNotSupported,
                    message: "the server asks for authentication method \(method), which is not supported"))
        case .negotiateProtocolVersion: return .wait
        case .errorResponse(let error): return fail(error)
        default: return unexpected(message)
        }
    }

    private mutating func mechanismsOffered(_ mechanisms: [String]) -> Action {
        guard let password else {
            return fail(
                PostgresError(
                    severity: .fatal, code: .invalidPassword,
                    message: "the server asks for a password, and none was given"))
        }
        guard
            let scram = ScramClientMachine(offered: mechanisms, password: password, channelBinding: channelBinding)
        else {
            return fail(
                PostgresError(
                    severity: .fatal, code: .featureNotSupported,
                    message: "the server offers \(mechanisms.joined(separator: ", ")), not SCRAM-SHA-256"))
        }
        state = .proving(scram)
        return .sendPassword(SASLMessage.encodeInitialResponse(mechanism: scram.mechanism, scram.firstMessage))
    }

    mutating func whileProving(_ message: BackendMessage, _ scram: ScramClientMachine) -> Action {
        var scram = scram
        do throws(PostgresError) {
            switch message {
            case .authentication(.saslContinue(let challenge)):
                let answer = try scram.challengeReceived(challenge)
                state = .proving(scram)
                return .sendPassword(.init(string: answer))
            case .authentication(.saslFinal(let signature)):
                try scram.signatureReceived(signature)
                state = .proving(scram)
                return .wait
            case .authentication(.ok) where scram.isFinished:
                state = .greeting(key: nil)
                return .wait
            case .errorResponse(let error): return fail(error)
            default: return unexpected(message)
            }
        } catch {
            return fail(error)
        }
    }
}
