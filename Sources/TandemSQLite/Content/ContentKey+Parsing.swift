// Reading a key that was written by ``ContentKey/description``, or by a person.
extension ContentKey {
    /// - Throws: ``SQLiteError`` if it is anything else than literals with commas between them.
    init(parsing text: String) throws(SQLiteError) {
        var text = text
        let parsed = text.withUTF8 { bytes in
            var parser = Parser(bytes)
            return parser.key()
        }
        guard let parsed else {
            throw SQLiteError(
                .refused,
                "A key is written as the values of its columns, SQL literals with commas between them, such as: 7, 'east'."
            )
        }
        parts = parsed
    }

    private struct Parser {
        private let text: UnsafeBufferPointer<UInt8>
        private var tokens: SQLTokenizer
        private var current: SQLToken?

        init(_ text: UnsafeBufferPointer<UInt8>) {
            self.text = text
            tokens = SQLTokenizer(text)
            current = tokens.next()
        }

        mutating func key() -> [Part]? {
            var parts: [Part] = []
            repeat {
                guard let part = literal() else { return nil }
                parts.append(part)
            } while take(",")
            return current == nil ? parts : nil
        }

        private mutating func literal() -> Part? {
            let isNegative = take("-")
            guard !isNegative, !take("+") else { return number(isNegative) }
            guard let kind = current?.kind else { return nil }
            switch kind {
            case .number: return number(false)
            case .string: return string().map { .text($0) }
            case .blob: return blob().map { .blob($0) }
            case .word:
                if take("null") { return .null }
                guard take("cast"), take("("), let bytes = blob(), take("as"), take("text"), take(")") else {
                    return nil
                }
                return .text(bytes)
            case .quotedName, .parameter, .symbol, .semicolon, .malformed: return nil
            }
        }

        /// A number in decimal digits; a whole one that is too large for an integer is a real, as in SQL.
        private mutating func number(_ isNegative: Bool) -> Part? {
            guard let digits = take(.number) else { return nil }
            let number = (isNegative ? "-" : "") + digits
            if let integer = Int64(number) { return .integer(integer) }
            guard !digits.lowercased().hasPrefix("0x") else { return nil }
            return Double(number).map { .real($0) }
        }

        private mutating func string() -> [UInt8]? {
            guard let token = current, token.kind == .string else { return nil }
            current = tokens.next()
            var bytes: [UInt8] = []
            var isSecondOfTwo = false
            for byte in text[token.range].dropFirst().dropLast() {
                isSecondOfTwo = byte == UInt8(ascii: "'") && !isSecondOfTwo
                if !isSecondOfTwo { bytes.append(byte) }
            }
            return bytes
        }

        private mutating func blob() -> [UInt8]? {
            guard let literal = take(.blob) else { return nil }
            let digits = Array(literal.dropFirst(2).dropLast())
            return stride(from: 0, to: digits.count, by: 2).map { place in
                UInt8(digits[place...place + 1].reduce(0) { $0 << 4 | ($1.hexDigitValue ?? 0) })
            }
        }

        private mutating func take(_ kind: SQLToken.Kind) -> String? {
            guard let token = current, token.kind == kind else { return nil }
            current = tokens.next()
            return String(decoding: text[token.range], as: UTF8.self)
        }

        /// Takes a keyword, given in lower case, or a symbol.
        private mutating func take(_ word: String) -> Bool {
            guard let token = current, token.kind == .word || token.kind == .symbol,
                String(decoding: text[token.range], as: UTF8.self).lowercased() == word
            else { return false }
            current = tokens.next()
            return true
        }
    }
}
