import Testing

@testable import Tandem

@Suite struct RegularExpressionTests {
    @Test(arguments: [
        ("^(book)$", "book", true), ("^(book)$", "books", false), ("^(b.*)$", "book", true), ("oo", "book", true),
        ("^pg_", "pg_class", true), ("^pg_", "a_pg_", false), ("a|bc|", "x", true), ("^(a|bc)+$", "abcbca", true),
        ("^a{2,3}$", "aaa", true),
        ("^a{2,3}$", "aaaa", false), ("^a{2}$", "aa", true), ("^a{2,}$", "a", false), ("[^a-c]", "abc", false),
        ("[]a]", "]", true),
        ("^[[:alpha:]_][[:alnum:]_]*$", "a_1", true), ("^\\d+\\.\\d+$", "12.5", true), ("^\\w+$", "äb", true),
        ("(?i)BOOK", "a bOOk", true),
        ("^(?:ab)?c$", "abc", true), ("^$", "", true), ("a*?b", "aab", true), ("x", "", false), ("^.$", "é", true),
        ("\\$", "a$", true),
    ])
    func itMatchesAsPostgreSQLDoes(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try RegularExpression(pattern).matches(text) == expected)
    }

    @Test func caseMeansNothingWhereItIsSaidSoEvenBesideEscapes() throws {
        for (pattern, text, expected) in [
            ("\\D", "1", false), ("^\\W$", "A", false), ("[^a]", "A", false), ("[A-C]", "b", true), ("É", "é", true),
        ] {
            #expect(try RegularExpression("(?i)\(pattern)").matches(text) == expected, "\(pattern)")
        }
    }

    /// Each match is looked for up to the end of the text, which would take its length squared.
    @Test func noSearchTakesLong() throws {
        let text = SubjectText(String(repeating: "a", count: 100_000), ignoresCase: false)
        let error = #expect(throws: RegularExpression.Invalid.self) {
            try RegularExpression("a(.*b)?").allMatches(in: text)
        }
        #expect(error?.reason.contains("too long") == true)
        #expect(
            try RegularExpression("(a*)(b?)").allMatches(in: text).first?.groups == [0..<100_000, 100_000..<100_000])
    }

    @Test(arguments: [
        "(", ")", "[a", "a{", "a{300}", "*", "a{3,2}", "\\", "(?=a)", "[z-a]", "\\1", "((a{200}){200}){200}",
        String(repeating: "(", count: 200),
    ])
    func whatCannotBeReadOrIsTooLargeIsRefused(_ pattern: String) {
        #expect(throws: RegularExpression.Invalid.self) { try RegularExpression(pattern) }
    }

    /// These take others that go back and try again for ever.
    @Test(arguments: ["^(a+)+$", "^(a|a)*$", "(a*)*b", "(((){255}){255}){255}"])
    func noPatternTakesLong(_ pattern: String) throws {
        #expect(
            try RegularExpression(pattern).matches(String(repeating: "a", count: 5_000) + "c")
                == (pattern.hasPrefix("(((")))
    }
}
