import PostgresWire

// `->>`, which is always a text in PostgreSQL; in SQLite a number stays one, and a boolean is 0 or 1.
extension DialectRenderer {
    private static let arithmetic: Set<String> = ["+", "-", "*", "/", "%", "&", "|", "<<", ">>"]
    private static let comparisons: Set<String> = ["=", "==", "<>", "!=", "<", ">", "<=", ">="]
    private static let beforeConditions: Set<String> = ["where", "and", "or", "not", "having", "when", "on"]
    private static let behindConditions: Set<String> = [
        "", ")", "and", "or", "then", "group", "order", "limit", "offset", "having", "returning", "union", "except",
        "intersect", "window",
    ]

    /// Whether it is a statement whose text the schema keeps, which other programs read: not that of a query that fills a new
    /// table.
    var isOfSchema: Bool {
        let first = tokens.startIndex
        return ["create", "alter"].contains(word(at: first)) && Self.filling(from: first) { word(at: $0) } == nil
    }

    /// Whether `->>` at a place stays SQLite's: in what the schema keeps, where an index is named, and for its paths.
    func isOwnArrow(_ place: Int) -> Bool {
        isOfSchema || indexedArrows.contains(place)
            || tokens.indices.contains(place + 1) && tokens[place + 1].text.hasPrefix("'$")
    }

    /// The places of `->>` in `ON CONFLICT (…) [WHERE …]`, which have to be written as they are in an index.
    static func indexedArrows(_ tokens: [DialectToken]) -> Set<Int> {
        var arrows: Set<Int> = []
        var isTarget = false
        for (place, token) in tokens.enumerated() {
            switch token.word {
            case "conflict" where place > 0 && tokens[place - 1].word == "on":
                isTarget = place + 1 < tokens.count && tokens[place + 1].word == "("
            case "do" where token.kind == .word: isTarget = false
            case "->>" where isTarget: arrows.insert(place)
            default: continue
            }
        }
        return arrows
    }

    /// Whether the value in a range stands where only a number or a boolean can: PostgreSQL refuses a text there.
    func standsForValue(_ range: Range<Int>) -> Bool {
        let (before, behind) = surroundings(of: range, throughCalls: true)
        let (left, right) = (word(at: before), word(at: behind))
        if Self.arithmetic.contains(left) || Self.arithmetic.contains(right) { return true }
        if Self.comparisons.contains(right) { return isValue(behind + 1) }
        if Self.comparisons.contains(left) { return isValue(before - 1) }
        let list = right == "not" ? behind + 1 : behind
        switch word(at: list) {
        case "between": return isValue(list + 1)
        case "in": return word(at: list + 1) == "(" && isValue(list + 2)
        case "is": return isValue(word(at: list + 1) == "not" ? list + 2 : list + 1)
        default: return Self.beforeConditions.contains(left) && Self.behindConditions.contains(right)
        }
    }

    /// Whether it is compared with texts that no number and no boolean is written like, or with NULL: so it is equal to
    /// these in SQLite as well, which has an index of `j ->> 'key'` for it.
    func isComparedWithWord(_ range: Range<Int>) -> Bool {
        let (before, behind) = surroundings(of: range)
        guard isPlainKey(range.upperBound - 1), word(at: before) != "||" else { return false }
        if Self.equalities.contains(word(at: before)) { return isWord(before - 1) && word(at: behind) != "||" }
        guard !Self.comparisons.contains(word(at: before)), !Self.tests.contains(word(at: before)) else { return false }
        if Self.equalities.contains(word(at: behind)) { return isWord(behind + 1) && endsOperand(behind + 1) }
        let test = word(at: behind) == "not" ? behind + 1 : behind
        switch word(at: test) {
        case "in": return areWords(test + 1)
        case "is": return word(at: word(at: test + 1) == "not" ? test + 2 : test + 1) == "null"
        default: return ["isnull", "notnull"].contains(word(at: behind))
        }
    }

    private static let equalities: Set<String> = ["=", "==", "<>", "!="]
    private static let tests: Set<String> = ["like", "ilike", "glob", "regexp", "match", "in", "is", "escape"]
    private static let texts: Set<String> = ["text", "varchar", "character varying"]

    /// The parameter that it is compared with by `=` behind it, and where that ends, with its cast to text; nil where
    /// something else stands there.
    func comparedParameter(_ range: Range<Int>) -> (value: Int, end: Int)? {
        let (before, behind) = surroundings(of: range)
        let value = behind + 1
        guard before == range.lowerBound - 1, word(at: behind) == "=", range.allSatisfy({ !isCounted($0) }),
            isPlainKey(range.upperBound - 1), word(at: before) != "||",
            !Self.arithmetic.contains(word(at: before)), !Self.comparisons.contains(word(at: before)),
            tokens.indices.contains(value), tokens[value].kind == .parameter, tokens[value].text.hasPrefix("$")
        else { return nil }
        var end = value
        if tokens.indices.contains(value + 1), tokens[value + 1].kind == .cast, casts[value + 1] == nil {
            let cast = typeName(from: value + 2, before: tokens.endIndex)
            if Self.texts.contains(cast.name) { end = cast.end }
        }
        return endsOperand(end) ? (value, end) : nil
    }

    /// Whether a key means the same to SQLite, where dots and brackets make a path: only such a one has an index.
    private func isPlainKey(_ place: Int) -> Bool {
        guard tokens.indices.contains(place) else { return false }
        switch tokens[place].kind {
        case .number: return word(at: place - 1) != "-"
        case .string:
            let key = tokens[place].text.dropFirst().dropLast()
            return key.first.map { !$0.isNumber } ?? false && !key.contains { [".", "[", "\"", "'"].contains($0) }
        case .word, .quotedName, .parameter, .symbol, .cast, .bracket, .other: return false
        }
    }

    /// Whether a parenthesis holds nothing but words.
    private func areWords(_ open: Int) -> Bool {
        guard word(at: open) == "(", let close = closing(open) else { return false }
        return list(open + 1..<close).allSatisfy { $0.count == 1 && isWord($0.lowerBound) } && close > open + 1
    }

    /// `?`, which is another parameter wherever it stands.
    private func isCounted(_ place: Int) -> Bool {
        tokens[place].kind == .parameter && tokens[place].text.hasPrefix("?")
    }

    /// What stands before a range and behind it, outside of the parentheses around it.
    private func surroundings(
        of range: Range<Int>, throughCalls: Bool = false
    ) -> (before: Int, behind: Int) {
        var (before, behind) = (range.lowerBound - 1, range.upperBound)
        while word(at: before) == "(", closing(before) == behind {
            before -= 1
            behind += 1
            // A call is what its name makes of it: max(j ->> 'key') > 5.
            guard tokens.indices.contains(before), tokens[before].kind == .word, !Self.isKeyword(word(at: before))
            else {
                continue
            }
            guard throughCalls else { return (before + 1, behind - 1) }
            before -= 1
        }
        return (before, behind)
    }

    private static func isKeyword(_ word: String) -> Bool {
        beforeConditions.contains(word)
            || ["in", "select", "by", "then", "else", "between", "like", "ilike"].contains(word)
    }

    /// A number, or a boolean.
    private func isValue(_ place: Int) -> Bool {
        guard tokens.indices.contains(place) else { return false }
        if ["-", "+"].contains(word(at: place)) { return isValue(place + 1) }
        return tokens[place].kind == .number
            || tokens[place].kind == .word && ["true", "false"].contains(word(at: place))
    }

    private func isWord(_ place: Int) -> Bool {
        guard tokens.indices.contains(place), tokens[place].kind == .string else { return false }
        let text = tokens[place].text.dropFirst().dropLast()
        guard let first = text.utf8.first else { return true }
        return !"0123456789-[{".utf8.contains(first) && text != "true" && text != "false"
    }

    /// Whether a literal or parameter is an operand by itself.
    private func endsOperand(_ place: Int) -> Bool {
        guard tokens.indices.contains(place + 1) else { return true }
        switch tokens[place + 1].kind {
        case .cast, .bracket: return false
        case .symbol: return [")", ","].contains(tokens[place + 1].text)
        case .word: return word(at: place + 1) != "collate" && word(at: place + 1) != "at"
        case .quotedName, .string, .number, .parameter, .other: return true
        }
    }
}
