import Testing

@testable import PostgresWire

/// How TLS begins, and who is sent away without it.
@Suite struct EncryptionNegotiationTests {
    static let message = StartupMessage(parameters: ["user": "u"])

    private func isViolation(_ action: StartupStateMachine.Action) -> Bool {
        guard case .fail(let error) = action else { return false }
        return error.code == .protocolViolation
    }

    @Test func aRequestIsAnsweredWithAHandshakeAndTheStartupFollows() {
        var machine = StartupStateMachine(encryption: .offered)
        #expect(machine.packetReceived(.gssEncryptionRequest) == .refuseEncryption)
        #expect(machine.packetReceived(.sslRequest) == .startTLS(isDirect: false))
        // A client that asked need not name the protocol.
        #expect(machine.handshakeCompleted(negotiatedProtocol: nil) == .wait)
        #expect(machine.packetReceived(.startup(Self.message)) == .identify(Self.message))
    }

    @Test func aClientThatBeginsWithItsHandshakeMustNameTheProtocol() {
        var machine = StartupStateMachine(encryption: .offered)
        #expect(machine.firstByteReceived(0x16) == .startTLS(isDirect: true))
        #expect(machine.handshakeCompleted(negotiatedProtocol: "postgresql") == .wait)
        var browser = StartupStateMachine(encryption: .offered)
        #expect(browser.firstByteReceived(0x16) == .startTLS(isDirect: true))
        #expect(isViolation(browser.handshakeCompleted(negotiatedProtocol: nil)))
        var other = StartupStateMachine(encryption: .offered)
        #expect(other.firstByteReceived(0x16) == .startTLS(isDirect: true))
        #expect(isViolation(other.handshakeCompleted(negotiatedProtocol: "h2")))
    }

    @Test func aHandshakeBeginsOnlyWhereOneIsExpected() {
        var plain = StartupStateMachine(encryption: .refused)
        #expect(plain.firstByteReceived(0x16) == .wait)
        var machine = StartupStateMachine(encryption: .offered)
        #expect(machine.firstByteReceived(0x00) == .wait)
        _ = machine.packetReceived(.startup(Self.message))
        #expect(machine.firstByteReceived(0x16) == .wait)
    }

    @Test func nobodyAsksForEncryptionInsideOfIt() {
        var machine = StartupStateMachine(encryption: .offered)
        _ = machine.packetReceived(.sslRequest)
        _ = machine.handshakeCompleted(negotiatedProtocol: nil)
        #expect(machine.firstByteReceived(0x16) == .wait)
        #expect(isViolation(machine.packetReceived(.sslRequest)))
    }

    @Test func whereTLSIsRequiredClearTextIsRefusedAndCancellingIsNot() {
        var machine = StartupStateMachine(encryption: .required)
        guard case .fail(let error) = machine.packetReceived(.startup(Self.message)) else {
            Issue.record("a client in clear text was let in")
            return
        }
        #expect(error.code == .invalidAuthorizationSpecification)
        #expect(error.hint?.contains("sslmode=require") == true)
        // libpq before version 17 cancels in clear text, whatever sslmode says.
        var other = StartupStateMachine(encryption: .required)
        let key = BackendKey(processID: 1, secret: 2)
        #expect(other.packetReceived(.cancelRequest(key)) == .cancel(key))
    }
}
