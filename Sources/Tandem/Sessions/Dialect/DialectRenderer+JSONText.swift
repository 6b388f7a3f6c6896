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

    /// Whether `->>` at a place stays SQLite's: in what the schema keeps, which other programs read, and for its paths.
    func isOwnArrow(_ place: Int) -> Bool {
        let isOfSchema = ["create", "alter"].contains(word(at: tokens.startIndex))
        return isOfSchema || tokens.indices.contains(place + 1) && tokens[place + 1].text.hasPrefix("'$")
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

    /// Whether it is compared with a text that no number and no boolean is written like: so it is equal to that one in
    /// SQLite as well, which has an index of `j ->> 'key'` for it.
    func isComparedWithWord(_ range: Range<Int>) -> Bool {
        let (before, behind) = surroundings(of: range)
        if ["=", "=="].contains(word(at: before)) { return isWord(before - 1) && word(at: behind) != "||" }
        guard ["=", "=="].contains(word(at: behind)) else { return false }
        return isWord(behind + 1) && word(at: before) != "||" && endsOperand(behind + 1)
    }

    /// The parameter that it is compared with by `=` behind it; nil where something else stands there.
    func comparedParameter(_ range: Range<Int>) -> Int? {
        let (before, behind) = surroundings(of: range)
        guard before == range.lowerBound - 1, word(at: behind) == "=", range.allSatisfy({ !isCounted($0) }),
            word(at: before) != "||",
            !Self.arithmetic.contains(word(at: before)), !Self.comparisons.contains(word(at: before)),
            tokens.indices.contains(behind + 1), tokens[behind + 1].kind == .parameter,
            tokens[behind + 1].text.hasPrefix("$"), endsOperand(behind + 1)
        else { return nil }
        return behind + 1
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
