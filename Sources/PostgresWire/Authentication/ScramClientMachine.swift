import Crypto

/// The client's side of one SCRAM-SHA-256 or SCRAM-SHA-256-PLUS exchange (RFC 5802, RFC 7677).
///
/// A struct machine without I/O. It proves the password, and believes nobody who does not prove that he knows it too.
struct ScramClientMachine: Sendable {
    enum State: Sendable {
        /// The first message was sent. Goes to ``awaitingSignature(_:)`` or ``finished``.
        case awaitingChallenge
        /// The proof was sent; the server must prove itself. Goes to ``finished``.
        case awaitingSignature([UInt8])
        /// Decided. Final.
        case finished
    }

    private(set) var state = State.awaitingChallenge
    /// What was chosen of the server's offer.
    let mechanism: String
    private let password: String
    private let header: String
    private let channelBinding: [UInt8]
    private let nonce: String

    /// Nil if the server offers nothing that this side speaks.
    ///
    /// - Parameter channelBinding: the data of `tls-server-end-point`; nil without TLS or where none is defined.
    init?(
        offered: [String], password: String, channelBinding: [UInt8]?,
        nonce: String = ScramText.base64(ScramRandom.bytes(18))
    ) {
        if let channelBinding, offered.contains(ScramServerMachine.plusMechanism) {
            mechanism = ScramServerMachine.plusMechanism
            header = "p=tls-server-end-point,,"
            self.channelBinding = channelBinding
        } else if offered.contains(ScramVerifier.mechanism) {
            mechanism = ScramVerifier.mechanism
            header = channelBinding == nil ? "n,," : "y,,"
            self.channelBinding = []
        } else {
            return nil
        }
        self.password = password
        self.nonce = nonce
    }

    /// Of SASLInitialResponse. The name stays empty: the server takes that of the StartupMessage.
    var firstMessage: String { header + bareFirstMessage }

    private var bareFirstMessage: String { "n=,r=\(nonce)" }

    /// AuthenticationSASLContinue was received.
    ///
    /// - Returns: the answer for SASLResponse.
    mutating func challengeReceived(_ challenge: String) throws(PostgresError) -> String {
        let fields = ScramText.fields(challenge)
        guard case .awaitingChallenge = state, fields.count >= 3, let whole = ScramText.value("r", fields[0]),
            whole.hasPrefix(nonce), whole.count > nonce.count,
            let salt = ScramText.value("s", fields[1]).flatMap(ScramText.bytes(ofBase64:)), !salt.isEmpty,
            let iterations = ScramText.value("i", fields[2]).flatMap({ Int($0) }),
            (1...ScramVerifier.maximumIterations).contains(iterations)
        else { throw failed("the server's SCRAM challenge cannot be read") }
        let keys = ScramKeys(password: password, salt: salt, iterations: iterations)
        let binding = ScramText.base64(Array(header.utf8) + channelBinding)
        let withoutProof = "c=\(binding),r=\(whole)"
        let signed = "\(bareFirstMessage),\(challenge),\(withoutProof)"
        let proof = ScramKeys.exclusiveOr(keys.clientKey, ScramKeys.code(signed, keys.storedKey))
        state = .awaitingSignature(ScramKeys.code(signed, keys.serverKey))
        return "\(withoutProof),p=\(ScramText.base64(proof))"
    }

    /// AuthenticationSASLFinal was received.
    mutating func signatureReceived(_ message: String) throws(PostgresError) {
        guard case .awaitingSignature(let expected) = state,
            let signature = ScramText.value("v", Substring(message)).flatMap(ScramText.bytes(ofBase64:)),
            ScramKeys.areEqual(signature, expected)
        else { throw failed("the server could not prove that it knows the password") }
        state = .finished
    }

    /// Whether the server has proved itself.
    var isFinished: Bool {
        if case .finished = state { return true }
        return false
    }

    private func failed(_ message: String) -> PostgresError {
        PostgresError(severity: .fatal, code: .invalidPassword, message: message)
    }
}
