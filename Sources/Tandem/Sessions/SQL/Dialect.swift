import TandemSQLite

/// The few words of PostgreSQL that clients take for granted and SQLite does not know, translated token by token.
///
/// | client | SQLite |
/// | --- | --- |
/// | `CURRENT_TIMESTAMP(n)`, `LOCALTIMESTAMP(n)`, `now()` | `tandem_now(n)`: UTC, with n digits (6 for `now()`) |
/// | `expression::type` | the expression: SQLite's values have types of their own |
/// | `pg_catalog.name` | `name` |
enum Dialect {
    static func translate(_ text: String, _ tokens: ArraySlice<SQLToken>) -> String {
        guard needsTranslation(text, tokens) else {
            return text.bytes(tokens[tokens.startIndex].range.lowerBound..<tokens[tokens.endIndex - 1].range.upperBound)
        }
        var result = ""
        var place = tokens.startIndex
        var copied = tokens[place].range.lowerBound
        func replace(through end: Int, by replacement: String) {
            result += text.bytes(copied..<tokens[place].range.lowerBound) + replacement
            copied = tokens[end].range.upperBound
            place = end + 1
        }
        while place < tokens.endIndex {
            let token = tokens[place]
            let word = token.kind == .word ? text.bytes(token.range).lowercased() : ""
            if word == "current_timestamp" || word == "localtimestamp" || word == "now",
                let (digits, end) = argument(text, tokens, after: place)
            {
                replace(through: end, by: "tandem_now(\(digits.isEmpty ? "6" : digits))")
            } else if word == "pg_catalog", place + 1 < tokens.endIndex, text.bytes(tokens[place + 1].range) == "." {
                replace(through: place + 1, by: "")
            } else if token.kind == .parameter, let colons = castInParameter(text.bytes(token.range)) {
                replace(through: place, by: colons)
            } else if isCast(text, tokens, at: place) {
                replace(through: endOfType(text, tokens, from: place + 2), by: "")
            } else {
                place += 1
            }
        }
        return result + text.bytes(copied..<tokens[tokens.endIndex - 1].range.upperBound)
    }

    private static func needsTranslation(_ text: String, _ tokens: ArraySlice<SQLToken>) -> Bool {
        tokens.contains { token in
            switch token.kind {
            case .word:
                let count = token.range.count
                guard count == 3 || count == 10 || count == 14 || count == 17 else { return false }
                return ["now", "pg_catalog", "localtimestamp", "current_timestamp"]
                    .contains(text.bytes(token.range).lowercased())
            case .symbol: return token.range.count == 1 && text.bytes(token.range) == ":"
            case .parameter: return text.bytes(token.range).contains("::")
            default: return false
            }
        }
    }

    /// What stands in the parentheses behind a word, if it is a number or nothing.
    private static func argument(_ text: String, _ tokens: ArraySlice<SQLToken>, after place: Int) -> (String, Int)? {
        guard place + 2 < tokens.endIndex, text.bytes(tokens[place + 1].range) == "(" else { return nil }
        if text.bytes(tokens[place + 2].range) == ")" { return ("", place + 2) }
        guard place + 3 < tokens.endIndex, tokens[place + 2].kind == .number,
            text.bytes(tokens[place + 3].range) == ")"
        else { return nil }
        return (text.bytes(tokens[place + 2].range), place + 3)
    }

    /// SQLite reads `$1::text` as one parameter of that name: without the cast it is `$1`.
    private static func castInParameter(_ name: String) -> String? {
        guard let colons = name.firstRange(of: "::") else { return nil }
        return String(name[..<colons.lowerBound])
    }

    /// Whether `::` and a type stand here. SQLite sees two colons, or `:` and a parameter named like the type.
    private static func isCast(_ text: String, _ tokens: ArraySlice<SQLToken>, at place: Int) -> Bool {
        guard place + 1 < tokens.endIndex, text.bytes(tokens[place].range) == ":" else { return false }
        return text.bytes(tokens[place + 1].range).hasPrefix(":")
    }

    /// The last token of the type after `::`: words, precision in parentheses, array brackets.
    private static func endOfType(_ text: String, _ tokens: ArraySlice<SQLToken>, from start: Int) -> Int {
        let colon = start - 1
        // `:` and then `:text`, or `:` `:` `text`.
        var end = text.bytes(tokens[colon].range) == ":" ? colon + 1 : colon
        let more: Set<String> = ["varying", "precision", "without", "with", "time", "zone"]
        while end + 1 < tokens.endIndex, more.contains(text.bytes(tokens[end + 1].range).lowercased()) { end += 1 }
        if end + 1 < tokens.endIndex, text.bytes(tokens[end + 1].range) == "(" {
            end = tokens[end...].firstIndex { text.bytes($0.range) == ")" } ?? end
        }
        while end + 1 < tokens.endIndex, text.bytes(tokens[end + 1].range) == "[]" { end += 1 }
        return min(end, tokens.endIndex - 1)
    }
}
