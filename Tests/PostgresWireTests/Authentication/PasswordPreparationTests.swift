import Testing

@testable import PostgresWire

@Suite struct PasswordPreparationTests {
    /// RFC 4013, section 3, and what PostgreSQL does where SASLprep refuses: the bytes as they are.
    @Test(arguments: [
        ("user", "user"), ("USER", "USER"), ("I\u{AD}X", "IX"), ("\u{AA}", "a"), ("\u{2168}", "IX"),
        ("a\u{A0}b", "a b"), ("a\u{3000}b", "a b"), ("\u{FB01}x", "fix"), ("e\u{301}", "\u{E9}"),
        ("\u{1}x", "\u{1}x"),
        // Prohibited: a control character, a private one, one that Unicode 3.2 does not have.
        ("\u{FB01}\u{7}", "\u{FB01}\u{7}"), ("\u{FB01}\u{E000}", "\u{FB01}\u{E000}"),
        ("\u{FB01}\u{1F600}", "\u{FB01}\u{1F600}"),
        // Both directions.
        ("\u{627}\u{31}", "\u{627}\u{31}"), ("\u{627}1\u{628}\u{FB01}", "\u{627}1\u{628}\u{FB01}"),
        // Nothing is left.
        ("\u{AD}", "\u{AD}"),
    ]) func passwordsArePreparedAsLibpqDoes(_ given: String, _ expected: String) {
        #expect(PasswordPreparation.prepare(given) == Array(expected.utf8))
    }
}
