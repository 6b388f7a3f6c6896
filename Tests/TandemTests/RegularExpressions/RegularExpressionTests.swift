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
        ("\\$", "a$", true), ("a*?", "", true), ("a{1}?", "a", true), ("^(|a)*$", "aa", true), ("||", "x", true),
        ("Hello {name}", "Hello {name}", true), ("^a{,3}$", "a{,3}", true), ("^{+$", "{{", true), ("a}", "a}", true),
    ])
    func itMatchesAsPostgreSQLDoes(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try matches(pattern, text) == expected)
    }

    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        let expression = try RegularExpression(pattern)
        var work = FunctionWork()
        return try expression.matches(SubjectText(text, ignoresCase: expression.ignoresCase), &work)
    }

    @Test(arguments: [
        ("[\\D]", "5", false), ("[\\D]", "a", true), ("[^\\D]", "5", true), ("[\\W_]", "a", false),
        ("[\\S\\s]", " ", true),
        ("[!-\\/]", "/", true), ("[!-\\/]", "0", false), ("[\\[-`]", "^", true), ("[\\[-`]", "a", false),
        ("[a\\-z]", "b", false),
        ("[a-]", "-", true), ("[-a]", "-", true), ("[--/]", ".", true), ("[^-a]", "-", false), ("[]-a]", "^", true),
        ("[[.a.]-[.c.]]", "b", true), ("[[=x=]]", "x", true), ("[[.-.]]", "-", true),
        ("[[:word:][:blank:]]", "\t", true),
        ("[[a]", "[", true), ("[c-da-b]", "b", true), ("[a-cb-e]", "e", true),
    ])
    func bracketsHoldWhatPostgreSQLTakesThemFor(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try matches("^\(pattern)$", text) == expected)
    }

    @Test(arguments: [
        ("\\d", "5", true), ("\\d", "d", false), ("a\\%", "a%", true), ("%", "x", true), ("[\\w]", "a", true),
        ("[^[:digit:]_]", "_", false), ("[]%]%", "%x", true), ("[\\%]%", "%", true),
        ("a\\", "a", true),
    ])
    func anEscapeOfSimilarToIsOneOfTheExpression(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try matches(SimilarPattern.regularExpression(pattern), text) == expected)
    }

    @Test func caseMeansNothingWhereItIsSaidSoEvenBesideEscapes() throws {
        for (pattern, text, expected) in [
            ("\\D", "1", false), ("^\\W$", "A", false), ("[^a]", "A", false), ("[A-C]", "b", true), ("É", "é", true),
        ] {
            #expect(try matches("(?i)\(pattern)", text) == expected, "\(pattern)")
        }
    }

    /// Each match is looked for up to the end of the text, which would take its length squared.
    @Test func noSearchTakesLong() throws {
        let text = SubjectText(String(repeating: "a", count: 100_000), ignoresCase: false)
        var work = FunctionWork()
        #expect(throws: FunctionWork.Ended.tooLong) {
            try RegularExpression("a(.*b)?").allMatches(in: text, &work)
        }
        work = FunctionWork()
        #expect(throws: FunctionWork.Ended.tooLong) {
            try RegularExpression("((a?){20}){20}b").matches(text, &work)
        }
        work = FunctionWork()
        let match = try RegularExpression("(a*)(b?)").allMatches(in: text, &work).first
        #expect(match?.groups == [0..<100_000, 100_000..<100_000])
    }

    @Test func aSearchEndsWithItsStatement() throws {
        let text = SubjectText(String(repeating: "a", count: 100_000), ignoresCase: false)
        var work = FunctionWork { true }
        #expect(throws: FunctionWork.Ended.interrupted) { try RegularExpression("a*b").matches(text, &work) }
    }

    /// They took the stack of the thread that read, ran or forgot them.
    @Test(arguments: [("|", 1_000_000), ("x", 2_000)])
    func whatHasTooManyPartsIsRefusedBeforeItIsNested(_ part: String, count: Int) {
        let pattern = "x" + String(repeating: part, count: count)
        let error = #expect(throws: RegularExpression.Invalid.self) { try RegularExpression(pattern) }
        #expect(error?.reason == "it is too large")
    }

    @Test func aMillionQuantifiersOfNoOperandAreRefused() {
        aQuantifierOfNoOperandIsRefused("a" + String(repeating: "+", count: 1_000_000))
    }

    @Test(arguments: ["a**", "a+*", "a{1}{1}", "a???", "^*", "$+", "\\y{2}", "{2}", "a|*b", "(*a)"])
    func aQuantifierOfNoOperandIsRefused(_ pattern: String) {
        let error = #expect(throws: RegularExpression.Invalid.self) { try RegularExpression(pattern) }
        #expect(error?.reason == "quantifier operand invalid")
    }

    @Test(arguments: [
        "(", ")", "[a", "a{2", "a{2x}", "a{300}", "*", "a{3,2}", "\\", "(?=a)", "[z-a]", "\\1", "((a{200}){200}){200}",
        "[\\w-z]", "[a-\\d]", "[a-c-e]", "[[:alpha:]-z]", "[a-[=x=]]", "[[.xy.]]", "[[:alphax]", "[[:nothing:]]", "[a-",
        "[[.",
        String(repeating: "(", count: 200),
    ])
    func whatCannotBeReadOrIsTooLargeIsRefused(_ pattern: String) {
        #expect(throws: RegularExpression.Invalid.self) { try RegularExpression(pattern) }
    }

    /// These take others that go back and try again for ever.
    @Test(arguments: ["^(a+)+$", "^(a|a)*$", "(a*)*b", "(((){255}){255}){255}"])
    func noPatternTakesLong(_ pattern: String) throws {
        #expect(
            try matches(pattern, String(repeating: "a", count: 5_000) + "c") == (pattern.hasPrefix("(((")))
    }
}
