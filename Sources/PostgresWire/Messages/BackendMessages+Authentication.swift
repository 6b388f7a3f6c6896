import NIOCore

// "Authentication…" of chapter 55.7: what is asked of a client before its session begins.
extension BackendMessages {
    /// AuthenticationSASL: the mechanisms offered, the best first.
    public mutating func authenticationSASL(_ mechanisms: [String]) {
        authentication(AuthenticationCode.sasl) {
            for mechanism in mechanisms { $0.writeProtocolString(mechanism) }
            $0.writeInteger(0 as UInt8)
        }
    }

    public mutating func authenticationSASLContinue(_ challenge: String) {
        authentication(AuthenticationCode.saslContinue) { $0.writeString(challenge) }
    }

    public mutating func authenticationSASLFinal(_ proof: String) {
        authentication(AuthenticationCode.saslFinal) { $0.writeString(proof) }
    }

    public mutating func authenticationOk() { authentication(AuthenticationCode.ok) { _ in } }

    private mutating func authentication(_ code: UInt32, _ body: (inout ByteBuffer) -> Void) {
        begin(.authentication)
        buffer.writeInteger(code)
        body(&buffer)
        end()
    }
}

/// What the messages of type `R` ask for.
enum AuthenticationCode {
    static let ok: UInt32 = 0
    static let sasl: UInt32 = 10
    static let saslContinue: UInt32 = 11
    static let saslFinal: UInt32 = 12
}
