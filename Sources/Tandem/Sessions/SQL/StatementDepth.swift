import PostgresWire
import TandemSQLite

/// How deep a statement may be nested: whoever works on nested text calls himself for each level, and a thread's stack ends.
///
/// SQLite refuses what is nested deeper than its parser's stack, too (100), but is asked only after others.
enum StatementDepth {
    /// Parentheses and CASE within each other, operators of one kind behind each other, casts of one operand.
    static let maximum = 200

    /// - Throws: `PostgresError` (54001), as PostgreSQL has it for its own stack.
    static func check(_ source: String, _ tokens: [SQLToken]) throws(PostgresError) {
        var source = source
        guard source.withUTF8({ isBearable($0, tokens) }) else { throw .tooDeep }
    }

    private static func isBearable(_ text: UnsafeBufferPointer<UInt8>, _ tokens: [SQLToken]) -> Bool {
        var (parentheses, cases) = (0, 0)
        for token in tokens {
            let bytes = text[token.range]
            switch (token.kind, token.range.count) {
            case (.symbol, 1):
                if bytes.first == UInt8(ascii: "(") { parentheses += 1 }
                if bytes.first == UInt8(ascii: ")") { parentheses = max(0, parentheses - 1) }
            case (.word, 4): if isWord(bytes, "case") { cases += 1 }
            case (.word, 3): if isWord(bytes, "end") { cases = max(0, cases - 1) }
            case (.parameter, maximum...):
                // `::int::int`
                if bytes.count(where: { $0 == UInt8(ascii: ":") }) > 2 * maximum { return false }
            default: continue
            }
            if parentheses + cases > maximum { return false }
        }
        return true
    }

    private static func isWord(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ word: StaticString) -> Bool {
        zip(bytes, UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)).allSatisfy {
            $0 | 0x20 == $1
        }
    }
}

extension PostgresError {
    static var tooDeep: PostgresError {
        PostgresError(
            code: .statementTooComplex, message: "stack depth limit exceeded",
            hint:
                "A statement may be nested \(StatementDepth.maximum) levels deep: send long lists as rows or parameters."
        )
    }
}
