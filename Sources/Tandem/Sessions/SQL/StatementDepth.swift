import PostgresWire
import TandemSQLite

/// How deep a statement may be nested: whoever works on nested text calls himself for each level, and a thread's stack ends.
///
/// SQLite refuses what is nested deeper than its parser's stack, too (100), but is asked only after others.
struct StatementDepth {
    /// Parentheses and CASE within each other, operators of one kind behind each other, casts of one operand.
    static let maximum = 200
    /// Queries in a statement: those of WITH may be of each other, and SQLite goes over each of them within the next, in a time
    /// that grows with the square of their number.
    static let maximumOfQueries = 2000

    /// - Throws: `PostgresError` (54001), as PostgreSQL has it for its own stack.
    static func check(_ source: String, _ tokens: [SQLToken]) throws(PostgresError) {
        var source = source
        var depth = StatementDepth()
        let isBearable = source.withUTF8 { text in depth.bears(tokens, of: text) }
        guard isBearable else { throw depth.queries > maximumOfQueries ? .tooManyQueries : .tooDeep }
    }

    private var parentheses = 0
    private var cases = 0
    private var queries = 0

    private mutating func bears(_ tokens: some Sequence<SQLToken>, of text: UnsafeBufferPointer<UInt8>) -> Bool {
        for token in tokens {
            let bytes = text[token.range]
            switch (token.kind, token.range.count) {
            case (.symbol, 1):
                if bytes.first == UInt8(ascii: "(") { parentheses += 1 }
                if bytes.first == UInt8(ascii: ")") { parentheses = max(0, parentheses - 1) }
            case (.word, 6): if Self.isWord(bytes, "select") { queries += 1 }
            case (.semicolon, _): queries = 0
            case (.word, 4): if Self.isWord(bytes, "case") { cases += 1 }
            case (.word, 3): if Self.isWord(bytes, "end") { cases = max(0, cases - 1) }
            case (.parameter, Self.maximum...):
                // `::int::int`
                if bytes.count(where: { $0 == UInt8(ascii: ":") }) > 2 * Self.maximum { return false }
            case (.quotedName, _) where bytes.first == UInt8(ascii: "["):
                // To SQLite it is one name, here it may be a subscript or an array, in which there are no other ones.
                let inside = UnsafeBufferPointer(rebasing: bytes.dropFirst().dropLast())
                if !bears(SQLTokenizer(inside), of: inside) { return false }
            default: continue
            }
            if parentheses + cases > Self.maximum || queries > Self.maximumOfQueries { return false }
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
    fileprivate static var tooManyQueries: PostgresError {
        PostgresError(
            code: .statementTooComplex, message: "too many queries in a statement",
            hint: "A statement may have \(StatementDepth.maximumOfQueries): send rows by VALUES or COPY, or parameters."
        )
    }

    static var tooDeep: PostgresError {
        PostgresError(
            code: .statementTooComplex, message: "stack depth limit exceeded",
            hint:
                "A statement may be nested \(StatementDepth.maximum) levels deep: send long lists as rows or parameters."
        )
    }
}
