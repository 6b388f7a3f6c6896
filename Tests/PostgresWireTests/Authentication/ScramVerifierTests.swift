import Testing

@testable import PostgresWire

@Suite struct ScramVerifierTests {
    /// The keys of RFC 7677's example, as PostgreSQL's pg_authid.rolpassword has them.
    static let text =
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

    @Test func theTextFormIsPostgreSQLs() throws {
        let verifier = try #require(ScramVerifier(Self.text))
        #expect(verifier.text == Self.text)
        #expect(verifier == ScramVerifier(password: "pencil", salt: verifier.salt))
    }

    @Test(arguments: [
        "", "pencil", "md5e8a48653851e28c69d0506508fb27fc5", "SCRAM-SHA-256$4096:c2FsdA==$AAAA:AAAA",
        "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
        "SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
    ]) func anythingElseIsNoVerifier(_ text: String) { #expect(ScramVerifier(text) == nil) }

    @Test func twoVerifiersOfOnePasswordDiffer() {
        #expect(ScramVerifier(password: "a", iterations: 1) != ScramVerifier(password: "a", iterations: 1))
    }

    @Test func anUnknownUserHasAlwaysTheSameSaltAndNoPasswordThatFits() {
        let secret: [UInt8] = [1, 2, 3]
        let one = ScramVerifier.unknownUser("a", secret: secret)
        let again = ScramVerifier.unknownUser("a", secret: secret)
        #expect(one.salt == again.salt)
        #expect(one.salt != ScramVerifier.unknownUser("b", secret: secret).salt)
        #expect(one.salt != ScramVerifier.unknownUser("a", secret: [4]).salt)
        #expect(one.storedKey != again.storedKey)
        #expect(one.iterations == ScramVerifier.defaultIterations)
    }
}
