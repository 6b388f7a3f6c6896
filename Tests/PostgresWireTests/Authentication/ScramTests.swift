import NIOCore
import Testing

@testable import PostgresWire

/// SCRAM-SHA-256 on both sides: the example of RFC 7677, and what must not be let through.
@Suite struct ScramTests {
    static let clientNonce = "rOprNGfwEbeRWgbNEkqO"
    static let serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    static let verifier = ScramVerifier(
        password: "pencil", salt: ScramText.bytes(ofBase64: "W22ZaJ0SNY7soEsUEjb6gQ==")!, iterations: 4096)

    private func server(_ channelBinding: [UInt8]? = nil) -> ScramServerMachine {
        ScramServerMachine(verifier: Self.verifier, channelBinding: channelBinding, nonce: Self.serverNonce)
    }

    private func violation(_ action: ScramServerMachine.Action) -> String? {
        guard case .fail(.violation(let reason)) = action else { return nil }
        return reason
    }

    @Test func theExampleOfRFC7677() {
        var server = server()
        #expect(
            server.firstReceived(mechanism: "SCRAM-SHA-256", "n,,n=user,r=\(Self.clientNonce)")
                == .challenge("r=\(Self.clientNonce)\(Self.serverNonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
        #expect(
            server.finalReceived(
                "c=biws,r=\(Self.clientNonce)\(Self.serverNonce),p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
                == .succeed("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
    }

    /// One whole exchange of this client with this server.
    private func exchange(
        _ server: inout ScramServerMachine, _ client: inout ScramClientMachine
    ) throws -> ScramServerMachine.Action {
        let first = server.firstReceived(mechanism: client.mechanism, client.firstMessage)
        guard case .challenge(let challenge) = first else { return first }
        return server.finalReceived(try client.challengeReceived(challenge))
    }

    @Test(arguments: [nil, [UInt8](repeating: 7, count: 32)]) func clientAndServerProveThemselvesToEachOther(
        _ binding: [UInt8]?
    ) throws {
        var server = server(binding)
        var client = try #require(
            ScramClientMachine(offered: server.mechanisms, password: "pencil", channelBinding: binding))
        #expect(client.mechanism == (binding == nil ? "SCRAM-SHA-256" : "SCRAM-SHA-256-PLUS"))
        guard case .succeed(let proof) = try exchange(&server, &client) else {
            Issue.record("the right password was refused")
            return
        }
        try client.signatureReceived(proof)
        #expect(client.isFinished)
        // Nothing is accepted twice.
        #expect(violation(server.finalReceived("c=biws,r=x,p=y")) != nil)
    }

    @Test func anotherPasswordIsRefused() throws {
        var server = server()
        var client = try #require(
            ScramClientMachine(offered: server.mechanisms, password: "Pencil", channelBinding: nil))
        #expect(try exchange(&server, &client) == .fail(.wrongPassword))
    }

    @Test func aServerThatDoesNotKnowThePasswordIsNotBelieved() throws {
        var server = server()
        var client = try #require(
            ScramClientMachine(offered: server.mechanisms, password: "pencil", channelBinding: nil))
        _ = try exchange(&server, &client)
        let wrong = "v=" + ScramText.base64([UInt8](repeating: 0, count: 32))
        #expect(throws: PostgresError.self) { try client.signatureReceived(wrong) }
        #expect(!client.isFinished)
    }

    @Test func aCertificateInTheMiddleIsFoundOut() throws {
        var server = server([UInt8](repeating: 1, count: 32))
        var client = try #require(
            ScramClientMachine(
                offered: server.mechanisms, password: "pencil", channelBinding: [UInt8](repeating: 2, count: 32)))
        #expect(violation(try exchange(&server, &client)) == "SCRAM channel binding check failed")
    }

    @Test func anOfferWithoutPlusIsFoundOut() throws {
        // The server offers PLUS, and somebody takes it out on the way.
        var server = server([1])
        var client = try #require(
            ScramClientMachine(offered: ["SCRAM-SHA-256"], password: "pencil", channelBinding: [1]))
        #expect(client.firstMessage.hasPrefix("y,,"))
        #expect(violation(try exchange(&server, &client))?.contains("thinks the server does not") == true)
        // A client that cannot bind says n, and is let in.
        var other = self.server([1])
        var simple = try #require(
            ScramClientMachine(offered: ["SCRAM-SHA-256"], password: "pencil", channelBinding: nil))
        guard case .succeed = try exchange(&other, &simple) else {
            Issue.record("a client without channel binding was refused")
            return
        }
    }

    @Test(arguments: [
        "", "n", "n,,", "n,,n=u", "n,,n=u,r=", "n,,r=abc,n=u", "x,,n=u,r=abc", "p=tls-unique,,n=u,r=abc",
        "p=tls-server-end-point,,n=u,r=abc", "n,a=other,n=u,r=abc", "n,,m=x,n=u,r=abc", "n,,n=u,r=a\u{0}b",
        "n,,n=u,r=\(String(repeating: "x", count: 2000))",
    ]) func aFirstMessageThatIsNoneIsRefused(_ message: String) {
        var server = server()
        #expect(violation(server.firstReceived(mechanism: "SCRAM-SHA-256", message)) != nil)
    }

    @Test func aMechanismThatWasNotOfferedIsRefused() {
        for mechanism in ["", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"] {
            var server = server()
            #expect(violation(server.firstReceived(mechanism: mechanism, "n,,n=u,r=abc")) != nil)
        }
    }

    @Test(arguments: [
        "", "p=", "c=biws", "c=biws,r=NONCE", "c=biws,r=NONCE,p=", "c=biws,r=NONCE,p=AAAA", "c=eSws,r=NONCE,p=PROOF",
        "c=biws,r=other,p=PROOF", "r=NONCE,c=biws,p=PROOF", "c=biws,r=NONCE,p=PROOF,x=1",
    ]) func aFinalMessageThatIsNoneIsRefused(_ message: String) {
        var server = server()
        _ = server.firstReceived(mechanism: "SCRAM-SHA-256", "n,,n=,r=abc")
        let proof = ScramText.base64([UInt8](repeating: 1, count: 32))
        let text = message.replacing("NONCE", with: "abc\(Self.serverNonce)").replacing("PROOF", with: proof)
        #expect(violation(server.finalReceived(text)) != nil)
    }

    @Test(arguments: [
        "r=abc,s=AAAA,i=1", "r=NONCEx,s=,i=1", "r=NONCEx,s=AAAA,i=0", "r=NONCEx,s=AAAA,i=100000000",
        "r=NONCE,s=AAAA,i=1", "r=NONCEx,s=AAAA", "m=x,r=NONCEx,s=AAAA,i=1",
    ]) func aChallengeThatIsNoneIsRefused(_ challenge: String) throws {
        var client = try #require(
            ScramClientMachine(
                offered: ["SCRAM-SHA-256"], password: "x", channelBinding: nil, nonce: "NONCE"))
        #expect(throws: PostgresError.self) { _ = try client.challengeReceived(challenge) }
    }

    @Test func bytesThatAreNoSASLMessageAreRefused() {
        #expect(throws: PostgresError.self) { _ = try SASLMessage.initialResponse(ByteBuffer()) }
        for length: Int32 in [-1, 0, 4, 6, .max, .min] {
            var bytes = ByteBuffer()
            bytes.writeProtocolString("SCRAM-SHA-256")
            bytes.writeInteger(length)
            bytes.writeString("n,,n=")
            #expect(throws: PostgresError.self) { _ = try SASLMessage.initialResponse(bytes) }
        }
        #expect(throws: PostgresError.self) { _ = try SASLMessage.response(ByteBuffer(bytes: [0xFF])) }
    }
}
