/// Words before a parenthesis, and before an operand, that are no part of it.
private let noNames: Set<String> = [
    "and", "or", "not", "in", "is", "like", "between", "select", "distinct", "all", "when", "then", "else",
    "case", "by", "where", "having", "on", "set", "values", "returning", "from", "limit", "offset", "escape",
]

extension SQLItem {
    /// Whether a word, in lower case, is no operand, but may stand before one.
    static func isBeforeOperand(_ word: String) -> Bool { noNames.contains(word) }
}

// Where operands begin and end.
extension Array where Element == SQLItem {
    private func isName(_ place: Int) -> Bool {
        guard indices.contains(place) else { return false }
        switch self[place] {
        case .name: return true
        case .word(let word): return !noNames.contains(word)
        case .string, .blob, .integer, .real, .parameter, .symbol, .cast: return false
        }
    }

    private func isSymbol(_ symbol: String, at place: Int) -> Bool {
        indices.contains(place) && self[place] == .symbol(symbol)
    }

    /// A cast, or what stands in brackets.
    private func isBehindOperand(_ place: Int) -> Bool {
        guard indices.contains(place) else { return false }
        switch self[place] {
        case .cast: return true
        case .symbol(let symbol): return symbol.hasPrefix("[")
        case .word, .name, .string, .blob, .integer, .real, .parameter: return false
        }
    }

    /// The place where the operand begins that ends with the item at `last`, with its casts and subscripts; nil where
    /// none ends there.
    func operandStart(endingAt last: Int) -> Int? {
        var place = last
        while isBehindOperand(place) { place -= 1 }
        guard indices.contains(place) else { return nil }
        switch self[place] {
        case .string, .blob, .integer, .real, .parameter: return place
        case .symbol(")"):
            guard let open = opening(place, .symbol("("), .symbol(")")) else { return nil }
            guard isName(open - 1) else { return open }
            place = open - 1
        case .word("end"): return opening(place, .word("case"), .word("end"))
        case .word, .name: guard isName(place) else { return nil }
        case .symbol, .cast: return nil
        }
        while isSymbol(".", at: place - 1), name(at: place - 2) != nil { place -= 2 }
        return place
    }

    /// The place behind the operand that begins at `first`; nil where none begins there.
    func operandEnd(beginningAt first: Int) -> Int? {
        var place = first
        while isSymbol("-", at: place) || isSymbol("+", at: place) { place += 1 }
        guard indices.contains(place) else { return nil }
        switch self[place] {
        case .string, .blob, .integer, .real, .parameter: place += 1
        case .symbol("("): place = closing(place) + 1
        case .word("case"):
            var depth = 0
            while indices.contains(place) {
                if self[place] == .word("case") { depth += 1 }
                if self[place] == .word("end") { depth -= 1 }
                place += 1
                if depth == 0 { break }
            }
        case .word, .name:
            guard isName(place) else { return nil }
            place += 1
            while isSymbol(".", at: place), name(at: place + 1) != nil { place += 2 }
            if isSymbol("(", at: place) { place = closing(place) + 1 }
        case .symbol, .cast: return nil
        }
        while isBehindOperand(place) { place += 1 }
        return place <= endIndex ? place : nil
    }

    /// The place of the item that the one at `close` closes.
    private func opening(_ close: Int, _ opener: SQLItem, _ closer: SQLItem) -> Int? {
        var depth = 0
        for place in (startIndex...close).reversed() {
            if self[place] == closer { depth += 1 }
            if self[place] == opener { depth -= 1 }
            if depth == 0 { return place }
        }
        return nil
    }
}
