import PostgresWire
import Testing

@testable import Tandem

/// Text that is short, and would be much to the translation or of it.
@Suite struct DialectBoundsTests {
    private func translated(_ sql: String) throws -> String { try QueryText.single(sql, parameterTypes: []).sql }

    private func isTooComplex(_ sql: String) -> Bool {
        do {
            _ = try translated(sql)
            return false
        } catch {
            return (error as? PostgresError)?.code == .statementTooComplex
        }
    }

    /// They are one token to SQLite, so that their depth was not looked at.
    @Test(arguments: [
        "ARRAY[\(String(repeating: "(", count: 20_000))1\(String(repeating: ")", count: 20_000))]",
        "a[\(String(repeating: "CASE WHEN ", count: 201))1\(String(repeating: " END", count: 201))]",
        // What is outside counts as well.
        String(repeating: "(", count: 150) + "ARRAY[\(String(repeating: "(", count: 100))1"
            + String(repeating: ")", count: 100) + "]" + String(repeating: ")", count: 150),
    ])
    func bracketsHideNoDepth(_ expression: String) { #expect(isTooComplex("SELECT \(expression)")) }

    @Test func bracketsMayBeNestedAsAllElse() throws {
        let (open, close) = (String(repeating: "(", count: 100), String(repeating: ")", count: 100))
        #expect(try translated("SELECT ARRAY[\(open)1\(close)]") == "SELECT json_array(\(open)1\(close))")
        #expect(try translated("SELECT [now((] FROM t") == "SELECT [now((] FROM t")
    }

    /// What was left out of it as too long was an empty array.
    @Test func whatIsTooLongWithinBracketsIsTooLong() {
        #expect(isTooComplex("SELECT ARRAY[a\(String(repeating: "::regclass", count: 12))]"))
    }

    /// Each of these casts writes its operand five times.
    @Test func longOperandsAreNotWrittenAgainAndAgain() throws {
        let literal = "'\(String(repeating: "x", count: 1 << 18))'"
        #expect(isTooComplex("SELECT \(literal)\(String(repeating: "::regclass", count: 6))"))
    }

    /// Keys are written up to four times, and so are the keys of queries within them.
    @Test func keysAreNotWrittenAgainAndAgain() throws {
        func query(_ depth: Int, _ innermost: String) -> String {
            (0..<depth).reduce(innermost) { query, _ in "SELECT DISTINCT ON (1) (\(query)) AS a ORDER BY 1" }
        }
        #expect(isTooComplex(query(20, "SELECT 1")))
        #expect(isTooComplex(query(6, "SELECT '\(String(repeating: "x", count: 1 << 18))'")))
        #expect(!isTooComplex(query(3, "SELECT 1")))
    }

    /// The signs behind each one were looked through.
    @Test func manySignsAreLookedThroughOnce() throws {
        // Without the space that moved words leave behind.
        func condensed(_ sql: String) throws -> String {
            try translated(sql).split(separator: " ").joined(separator: " ").replacing("( ", with: "(")
        }
        let signs = String(repeating: "- ", count: 100_000)
        #expect(try condensed("SELECT j #>> '{}', \(signs)a") == "SELECT tandem_json_text_at(j, '{}'), \(signs)a")
        #expect(try condensed("SELECT - - - j #>> '{}'") == "SELECT tandem_json_text_at(- - - j, '{}')")
        #expect(try condensed("SELECT a - - + j #>> '{}'") == "SELECT a - tandem_json_text_at(- + j, '{}')")
    }

    @Test func longStatementsOfOrdinaryPartsAreTranslated() throws {
        func list(_ item: String, _ count: Int) -> String {
            String(repeating: "\(item), ", count: count) + item
        }
        let numbers = list("1::int", 60_000)
        let statements = [
            "SELECT decode('\(String(repeating: "00", count: 1 << 20))', 'hex')::text",
            "SELECT '\(String(repeating: "x", count: 2 << 20))'::text || now()::date",
            "INSERT INTO t VALUES \(list("('x'::text, now())", 40_000))",
            "SELECT a FROM t WHERE a IN (\(numbers))", "SELECT a = ANY (ARRAY[\(numbers)])",
            "SELECT DISTINCT ON (a) a, b::int FROM t WHERE a IN (\(numbers)) ORDER BY a",
        ]
        for sql in statements { #expect(try translated(sql) != sql) }
    }
}
