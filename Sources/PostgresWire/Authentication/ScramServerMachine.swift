import Crypto

/// The server's side of one SCRAM-SHA-256 or SCRAM-SHA-256-PLUS exchange (RFC 5802, RFC 7677).
///
/// A struct machine without I/O. What the client sends wrongly returns ``Action/fail(_:)``.
struct ScramServerMachine: Hashable, Sendable {
    enum State: Hashable, Sendable {
        /// The mechanisms were offered. Goes to ``awaitingFinal(_:)`` or ``finished``.
        case awaitingFirst
        /// The challenge was sent. Goes to ``finished``.
        case awaitingFinal(Exchange)
        /// Decided. Final.
        case finished
    }

    /// What was said so far, of which the proof is made.
    struct Exchange: Hashable, Sendable {
        /// `c=` must hold this: the GS2 header, and the channel binding if there is one.
        var binding: [UInt8]
        var nonce: String
        /// `client-first-message-bare`.
        var clientFirst: String
        /// `server-first-message`.
        var serverFirst: String
    }

    enum Action: Hashable, Sendable {
        /// Send this as AuthenticationSASLContinue.
        case challenge(String)
        /// The user knows the password. Send this as AuthenticationSASLFinal.
        case succeed(String)
        case fail(Failure)
    }

    enum Failure: Hashable, Sendable {
        /// The password is another, or there is no such user.
        case wrongPassword
        /// The client broke the protocol, or somebody between the two tried to weaken it.
        case violation(String)
    }

    static let plusMechanism = ScramVerifier.mechanism + "-PLUS"

    private(set) var state = State.awaitingFirst
    private let verifier: ScramVerifier
    private let channelBinding: [UInt8]?
    private let nonce: String

    /// - Parameters:
    ///   - channelBinding: the data of `tls-server-end-point`; nil without TLS.
    ///   - nonce: this side's half; given by tests.
    init(
        verifier: ScramVerifier, channelBinding: [UInt8]?, nonce: String = ScramText.base64(ScramRandom.bytes(18))
    ) {
        self.verifier = verifier
        self.channelBinding = channelBinding
        self.nonce = nonce
    }

    /// What AuthenticationSASL offers, the best first.
    var mechanisms: [String] {
        (channelBinding == nil ? [] : [Self.plusMechanism]) + [ScramVerifier.mechanism]
    }

    /// SASLInitialResponse was received.
    mutating func firstReceived(mechanism: String, _ message: String) -> Action {
        guard case .awaitingFirst = state else { return fail("a SASL message came out of turn") }
        guard mechanisms.contains(mechanism) else {
            return fail("client selected an invalid SASL authentication mechanism")
        }
        let parts = Substring(message).split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return fail("malformed SCRAM message: the GS2 header is not whole") }
        if let problem = bindingProblem(parts[0], usesPlus: mechanism == Self.plusMechanism) { return fail(problem) }
        // libpq never sends one; to act as somebody else is not possible.
        guard parts[1].isEmpty else { return fail("client uses authorization identity, but it is not supported") }
        let fields = ScramText.fields(parts[2])
        if fields.first?.first == "m" { return fail("client requires an unsupported SCRAM extension") }
        // The name is not looked at: that of the StartupMessage counts, as in PostgreSQL.
        guard fields.count >= 2, ScramText.value("n", fields[0]) != nil, let theirs = ScramText.value("r", fields[1]),
            ScramText.isNonce(theirs)
        else { return fail("malformed SCRAM message: no user name, or no nonce that can be read") }
        let whole = theirs + nonce
        let challenge = "r=\(whole),s=\(ScramText.base64(verifier.salt)),i=\(verifier.iterations)"
        let usesPlus = mechanism == Self.plusMechanism
        state = .awaitingFinal(
            Exchange(
                binding: Array("\(parts[0]),\(parts[1]),".utf8) + (usesPlus ? channelBinding ?? [] : []),
                nonce: String(whole), clientFirst: String(parts[2]), serverFirst: challenge))
        return .challenge(challenge)
    }

    /// SASLResponse was received.
    mutating func finalReceived(_ message: String) -> Action {
        guard case .awaitingFinal(let exchange) = state else { return fail("a SASL message came out of turn") }
        guard let comma = message.lastIndex(of: ",") else { return fail("malformed SCRAM message: no proof") }
        let withoutProof = message[..<comma]
        let fields = ScramText.fields(withoutProof)
        guard let proofText = ScramText.value("p", message[message.index(after: comma)...]),
            let proof = ScramText.bytes(ofBase64: proofText), proof.count == 32, fields.count >= 2,
            let binding = ScramText.value("c", fields[0]), let nonce = ScramText.value("r", fields[1])
        else { return fail("malformed SCRAM message: not channel binding, nonce and proof") }
        guard nonce == exchange.nonce else { return fail("SCRAM nonce does not match") }
        guard binding == ScramText.base64(exchange.binding) else { return fail("SCRAM channel binding check failed") }
        let signed = "\(exchange.clientFirst),\(exchange.serverFirst),\(withoutProof)"
        let clientKey = ScramKeys.exclusiveOr(proof, ScramKeys.code(signed, verifier.storedKey))
        guard ScramKeys.areEqual(Array(SHA256.hash(data: clientKey)), verifier.storedKey) else {
            state = .finished
            return .fail(.wrongPassword)
        }
        state = .finished
        return .succeed("v=" + ScramText.base64(ScramKeys.code(signed, verifier.serverKey)))
    }

    /// What is wrong with the first part of the GS2 header; nil if it fits the mechanism.
    private func bindingProblem(_ flag: Substring, usesPlus: Bool) -> String? {
        switch flag {
        case "n": usesPlus ? "SCRAM-SHA-256-PLUS was selected without channel binding data" : nil
        case "y":
            // The client could bind and believes that we cannot: somebody has taken the offer out (RFC 5802, 6).
            channelBinding != nil || usesPlus
                ? "client supports SCRAM channel binding but thinks the server does not; this server does" : nil
        case "p=tls-server-end-point":
            usesPlus ? nil : "channel binding data came with a mechanism that has none"
        default:
            flag.hasPrefix("p=") ? "unsupported SCRAM channel-binding type" : "malformed SCRAM message: no GS2 header"
        }
    }

    private mutating func fail(_ reason: String) -> Action {
        state = .finished
        return .fail(.violation(reason))
    }
}
