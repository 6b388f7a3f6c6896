/// Walks over a statement's tokens and compares them with keywords, as a hand-written parser does.
struct SQLTokenCursor {
    let text: UnsafeBufferPointer<UInt8>
    private var tokenizer: SQLTokenizer
    /// The token not yet taken; nil at the statement's end.
    private(set) var current: SQLToken?

    init(_ text: UnsafeBufferPointer<UInt8>, from offset: Int = 0) {
        self.text = text
        tokenizer = SQLTokenizer(text, from: offset)
        current = tokenizer.next()
        // Empty statements: ";;SELECT 1".
        while current?.kind == .semicolon { current = tokenizer.next() }
    }

    mutating func advance() {
        guard current != nil else { return }
        current = tokenizer.next()
        if current?.kind == .semicolon { current = nil }
    }

    /// Whether the current token is the keyword, given in lower case.
    func isAt(_ keyword: StaticString) -> Bool {
        guard let current, current.kind == .word, current.range.count == keyword.utf8CodeUnitCount else { return false }
        for (place, offset) in current.range.enumerated()
        where text[offset] | 0x20 != keyword.utf8Start[place] && text[offset] != keyword.utf8Start[place] {
            return false
        }
        return true
    }

    func isAt(symbol: Character) -> Bool {
        guard let current, current.kind == .symbol, current.range.count == 1 else { return false }
        return text[current.range.lowerBound] == symbol.asciiValue
    }

    /// Takes the current token if it is the keyword.
    mutating func take(_ keyword: StaticString) -> Bool {
        guard isAt(keyword) else { return false }
        advance()
        return true
    }

    mutating func take(symbol: Character) -> Bool {
        guard isAt(symbol: symbol) else { return false }
        advance()
        return true
    }

    /// Takes a name, quoted or not, without its quotes; SQLite takes a string for a name as well.
    mutating func takeName() -> String? {
        guard let current else { return nil }
        let bytes = text[current.range]
        switch current.kind {
        case .word, .number: break
        case .quotedName, .string:
            advance()
            return Self.unquote(bytes)
        default: return nil
        }
        advance()
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Takes `name` or `schema.name`.
    mutating func takeQualifiedName() -> (schema: String?, name: String)? {
        guard let first = takeName() else { return nil }
        guard take(symbol: "."), let second = takeName() else { return (nil, first) }
        return (first, second)
    }

    /// Drops the quotes around a name, and one of each two inside.
    private static func unquote(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        var result: [UInt8] = []
        var isSecondOfTwo = false
        for byte in bytes.dropFirst().dropLast() {
            if byte == bytes.first, !isSecondOfTwo {
                isSecondOfTwo = true
            } else {
                isSecondOfTwo = false
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
