import TandemSQLite

/// A token as PostgreSQL sees it, where SQLite's tokenizer cuts the text in other places: casts, subscripts, `!~`, `E''`.
struct DialectToken {
    enum Kind {
        case word, quotedName, string, number, parameter, symbol
        /// `::`
        case cast
        /// `[…]`, be it a name in quotes or a subscript.
        case bracket
        case other
    }

    var kind: Kind
    /// Its bytes in the statement.
    var range: Range<Int>
    /// What SQLite is given for it.
    var text: String
    /// What it is compared by: words and names in lower case without quotes, symbols as they are; empty for all else.
    var word: String

    init(_ kind: Kind, _ range: Range<Int>, _ text: String) {
        self.kind = kind
        self.range = range
        self.text = text
        switch kind {
        case .word: word = text.lowercased()
        case .quotedName: word = WordCursor.unquoted(text).lowercased()
        case .symbol: word = text
        case .string, .number, .parameter, .cast, .bracket, .other: word = ""
        }
    }

    var isName: Bool { kind == .word || kind == .quotedName }
}

extension DialectToken {
    /// The tokens of a statement.
    static func all(_ source: String, _ tokens: ArraySlice<SQLToken>) -> [DialectToken] {
        var result: [DialectToken] = []
        result.reserveCapacity(tokens.count)
        for token in tokens where token.kind != .semicolon {
            let text = source.bytes(token.range)
            if let last = result.last, last.range.upperBound == token.range.lowerBound,
                let joined = join(last, token, text)
            {
                result.removeLast()
                result += joined
            } else {
                result += split(token, text)
            }
        }
        return result
    }

    /// Tokens that stand beside each other and mean one thing together.
    private static func join(_ last: DialectToken, _ token: SQLToken, _ text: String) -> [DialectToken]? {
        let range = last.range.lowerBound..<token.range.upperBound
        if last.kind == .symbol {
            switch (last.text, text) {
            case (":", ":"): return [DialectToken(.cast, range, "::")]
            case ("!", "~"), ("~", "*"), ("!~", "*"), ("~", "~"), ("~~", "*"), ("!~", "~"), ("!~~", "*"),
                ("@", ">"), ("#", ">"), ("#", ">>"), ("#", "-"), ("<", "@"):
                return [DialectToken(.symbol, range, last.text + text)]
            case (":", _) where text.hasPrefix(":"):
                // SQLite's parameter `:type`.
                let colons = last.range.lowerBound..<token.range.lowerBound + 1
                let type = token.range.lowerBound + 1..<token.range.upperBound
                return [DialectToken(.cast, colons, "::")] + words(String(text.dropFirst()), type)
            default: return nil
            }
        }
        guard token.kind == .string, last.kind == .word, last.word == "e" else { return nil }
        return [DialectToken(.string, range, EscapedString.plain(text))]
    }

    private static func split(_ token: SQLToken, _ text: String) -> [DialectToken] {
        switch token.kind {
        case .word: [DialectToken(.word, token.range, text)]
        case .quotedName: [DialectToken(text.hasPrefix("[") ? .bracket : .quotedName, token.range, text)]
        case .string: [DialectToken(.string, token.range, text)]
        case .number: [DialectToken(.number, token.range, text)]
        case .symbol: [DialectToken(.symbol, token.range, text)]
        case .malformed where ["!", "@", "#", "^"].contains(text): [DialectToken(.symbol, token.range, text)]
        case .parameter: parameter(token.range, text)
        case .blob, .malformed, .semicolon: [DialectToken(.other, token.range, text)]
        }
    }

    /// `$1::int` is one parameter to SQLite's tokenizer.
    private static func parameter(_ range: Range<Int>, _ text: String) -> [DialectToken] {
        guard let colons = text.firstRange(of: "::") else { return [DialectToken(.parameter, range, text)] }
        let start = range.lowerBound + text.utf8.distance(from: text.startIndex, to: colons.lowerBound)
        return [
            DialectToken(.parameter, range.lowerBound..<start, String(text[..<colons.lowerBound])),
            DialectToken(.cast, start..<start + 2, "::"),
        ] + words(String(text[colons.upperBound...]), start + 2..<range.upperBound)
    }

    /// `a::b`: a type, and perhaps more casts.
    private static func words(_ text: String, _ range: Range<Int>) -> [DialectToken] {
        var tokens: [DialectToken] = []
        var rest = text[...]
        var start = range.lowerBound
        while let colons = rest.firstRange(of: "::") {
            let end = start + rest.utf8.distance(from: rest.startIndex, to: colons.lowerBound)
            tokens.append(DialectToken(.word, start..<end, String(rest[..<colons.lowerBound])))
            tokens.append(DialectToken(.cast, end..<end + 2, "::"))
            rest = rest[colons.upperBound...]
            start = end + 2
        }
        if !rest.isEmpty { tokens.append(DialectToken(.word, start..<range.upperBound, String(rest))) }
        return tokens
    }
}
