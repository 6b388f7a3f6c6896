import Testing

@testable import Tandem

@Suite struct JSONDocumentTests {
    private func document(_ text: String) throws -> JSONDocument? {
        var work = FunctionWork()
        return try JSONDocument(text, &work)
    }

    private func contains(_ one: String, _ other: String) throws -> Bool {
        var work = FunctionWork()
        return try #require(try document(one)).contains(try #require(try document(other)), &work)
    }

    @Test(arguments: [
        ("9223372036854775808", "9223372036854775809", false), ("[18446744073709551616]", "18446744073709551616", true),
        ("[1e0]", "[1]", true), ("1e5", "100000", true), ("-0.0", "0e10", true), ("1.50", "15e-1", true),
        ("-1", "1", false),
        ("1e999999999999999999999", "1e999999999999999999998", true), ("12", "21", false),
        // Swift's strings are the same where they only look so.
        ("[\"\u{E9}\"]", "[\"e\u{301}\"]", false), ("{\"\u{E9}\":1}", "{\"e\u{301}\":1}", false),
        ("\"\\u00e9\\/\\n\"", "\"\u{E9}/\\u000A\"", true), ("\"\\ud83d\\ude00\"", "\"\u{1F600}\"", true),
        ("{\"a\":1,\"a\":2}", "{\"a\":1}", false), ("{\"a\":1}", "{\"a\":2,\"a\":1}", true), ("[]", "{}", false),
        ("[1]", "[]", true), ("[[1,2],[3]]", "[[2],[3]]", true), ("[[1]]", "[1]", false), ("[1,[2]]", "2", false),
        ("[null,true]", "[true,null]", true), ("\"true\"", "true", false), ("{\"a\":[1]}", "{\"a\":1}", false),
        ("{\"a\":{\"b\":[1,{\"c\":2}]}}", " { \"a\" : { \"b\" : [ {\"c\":2} ] } } ", true),
    ])
    func itHoldsAnotherOneAsPostgreSQLHasIt(_ one: String, _ other: String, _ expected: Bool) throws {
        #expect(try contains(one, other) == expected)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "-",
        "+1", "1e",
        "nul", "truee", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\ude00\"", "\"\t\"",
        "1 2",
        "[1}", "{\"a\":1]", "]", String(repeating: "[", count: 501) + String(repeating: "]", count: 501),
    ])
    func whatIsNoDocumentIsNone(_ text: String) throws { #expect(try document(text) == nil) }

    @Test(
        arguments: [
            ("{\"a\\/b\": [1, {\"c\" : 2}]}", ["a/b", "1"], "{\"c\" : 2}"),
            ("{\"gr\\u00f6\\u00dfe\": 1}", ["größe"], "1"),
            ("{\"a\":1,\"a\":2}", ["a"], "2"), ("[1,[2,3]]", ["-1", "0"], "2"), ("{\"a\":1}", [], "{\"a\":1}"),
            ("[1,2]", ["-3"], nil), ("[1,2]", ["\(Int.min)"], nil), ("[1,2]", ["x"], nil), ("{\"a\":1}", ["b"], nil),
            ("1", ["a"], nil), ("{\"a\":{\"b\":1},\"b\":2}", ["b"], "2"),
        ] as [(String, [String], String?)])
    func keysAndNumbersLeadToAValue(_ text: String, _ path: [String], _ expected: String?) throws {
        var work = FunctionWork()
        let document = try #require(try document(text))
        #expect(try document.node(along: path, &work).map(document.source) == expected)
    }

    @Test(arguments: [
        ("{\"a\":1}", "{\"c\": 3}", "{\"a\":1,\"c\":3}"), ("{\"a\":1,\"b\":2}", "{\"a\":[9]}", "{\"a\":[9],\"b\":2}"),
        ("{\"a\":{\"b\":1}}", "{\"a\":{\"c\":2}}", "{\"a\":{\"c\":2}}"), ("{}", "{}", "{}"),
        ("{\"a\":1}", "{}", "{\"a\":1}"),
        ("{\"\\u0061\":1}", "{\"a\":2}", "{\"a\":2}"), ("{\"a\":1,\"a\":2}", "{}", "{\"a\":2}"),
        ("[1,[2]]", "[3]", "[1,[2],3]"), ("[]", "[]", "[]"), ("[1]", "2", "[1,2]"), ("\"a\"", "[null]", "[\"a\",null]"),
        ("1", "\"x\"", "[1,\"x\"]"), ("{\"a\":1}", "[2]", "[{\"a\":1},2]"), ("[2]", "{\"a\":1}", "[2,{\"a\":1}]"),
        ("[]", "{}", "[{}]"), ("null", "[1]", "[null,1]"),
    ])
    func twoAreJoinedAsPostgreSQLJoinsThem(_ one: String, _ other: String, _ expected: String) throws {
        var work = FunctionWork()
        #expect(try #require(try document(one)).joined(with: try #require(try document(other)), &work) == expected)
    }

    @Test func joiningEndsWithItsStatement() throws {
        let document = try #require(
            try document("[" + Array(repeating: "1", count: 50_000).joined(separator: ",") + "]"))
        var work = FunctionWork { true }
        #expect(throws: FunctionWork.Ended.interrupted) { try document.joined(with: document, &work) }
    }

    /// Each array of one is looked for among those of the other.
    @Test func noContainmentTakesLong() throws {
        func array(of element: String) -> String { "[" + String(repeating: "\(element),", count: 10_000) + "[2]]" }
        let (one, two) = (try #require(try document(array(of: "[1]"))), try #require(try document(array(of: "[2]"))))
        var work = FunctionWork()
        #expect(throws: FunctionWork.Ended.tooLong) { try one.contains(two, &work) }
    }

    /// Elements that are arrays were looked at uncounted, for each array they were compared with.
    @Test func noContainmentOfEmptyArraysTakesLong() throws {
        let empty = "[" + Array(repeating: "[]", count: 10_000).joined(separator: ",") + "]"
        let (one, two) = (try #require(try document("[\(empty)]")), try #require(try document(empty)))
        var work = FunctionWork()
        #expect(throws: FunctionWork.Ended.tooLong) { try one.contains(two, &work) }
    }

    @Test func itEndsWithItsStatement() throws {
        let document = try #require(
            try document("[" + Array(repeating: "1", count: 50_000).joined(separator: ",") + "]"))
        var work = FunctionWork { true }
        #expect(throws: FunctionWork.Ended.interrupted) { try document.contains(document, &work) }
    }

    @Test(
        arguments: [
            ("{\"a\":1, \"b\" : [1, 2]}", ["a"], "{\"b\":[1, 2]}"), ("{\"a\":1,\"\\u0061\":2}", ["a"], "{}"),
            ("[\"a\",{\"a\":1},\"b\"]", ["a", "b"], "[{\"a\":1}]"), ("{\"a\":1}", ["b"], "{\"a\":1}"),
            ("1", ["a"], nil),
        ] as [(String, [String], String?)])
    func itIsToldWithoutSomeOfItsKeys(_ text: String, _ names: [String], _ expected: String?) throws {
        var work = FunctionWork()
        #expect(try document(text)?.without(names, &work) == expected)
    }

    @Test(
        arguments: [
            ("[1,[2],3]", 1, "[1,3]"), ("[1,2]", -1, "[1]"), ("[1]", 5, "[1]"), ("[1]", Int.min, "[1]"), ("{}", 0, nil),
        ] as [(String, Int, String?)])
    func itIsToldWithoutAnElement(_ text: String, _ number: Int, _ expected: String?) throws {
        var work = FunctionWork()
        #expect(try document(text)?.without(element: number, &work) == expected)
    }

    @Test(
        arguments: [
            ("{\"a\": [1, {\"b\":2,\"c\":3}], \"d\":4}", ["a", "1", "b"], "{\"a\": [1, {\"c\":3}], \"d\":4}"),
            ("[[1,2],3]", ["0", "-1"], "[[1],3]"), ("{\"a\":1}", ["b", "c"], "{\"a\":1}"),
            ("{\"a\":1}", [], "{\"a\":1}"),
            ("true", ["a"], nil),
        ] as [(String, [String], String?)])
    func itIsToldWithoutWhatAPathLeadsTo(_ text: String, _ path: [String], _ expected: String?) throws {
        var work = FunctionWork()
        #expect(try document(text)?.without(at: path, &work) == expected)
    }
}
