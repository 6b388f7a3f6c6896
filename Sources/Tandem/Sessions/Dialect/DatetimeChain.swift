/// Operands with `+ - * /` between them, as they stand in a statement.
struct DatetimeChain {
    struct Factor {
        /// `*` or `/`; nil for the first of its term.
        var symbol: String?
        var range: Range<Int>
    }

    struct Term {
        /// `+` or `-`; nil for the first.
        var symbol: String?
        var factors: [Factor]

        var range: Range<Int> { (factors.first?.range.lowerBound ?? 0)..<(factors.last?.range.upperBound ?? 0) }
    }

    var terms: [Term]

    /// The place behind it.
    var end: Int { terms.last?.range.upperBound ?? 0 }

    /// What the text tells of a value.
    enum Kind {
        case interval
        /// A date, a timestamp or a time of day.
        case datetime
        /// One of these, or a number: that shows when it is computed.
        case open
    }
}

// Reading them.
extension DialectRenderer {
    /// Words that are no operand by themselves.
    private static let reserved: Set<String> = [
        "select", "from", "where", "and", "or", "not", "in", "like", "between", "when", "then", "else", "end", "as",
        "on",
        "is", "by", "group", "order", "having", "limit", "offset", "union", "except", "intersect", "values", "set",
        "exists", "distinct", "all", "any", "some", "join", "using", "returning", "asc", "desc", "collate", "escape",
    ]

    /// The operands from a place on; nil where none stands there, and for what is not computed here.
    func datetimeChain(at start: Int, before limit: Int) -> DatetimeChain? {
        var chain = DatetimeChain(terms: [])
        var place = start
        var symbol: String?
        while let end = operandEnd(place, limit) {
            let factor = DatetimeChain.Factor(symbol: symbol == "*" || symbol == "/" ? symbol : nil, range: place..<end)
            if factor.symbol != nil {
                chain.terms[chain.terms.count - 1].factors.append(factor)
            } else {
                chain.terms.append(DatetimeChain.Term(symbol: symbol, factors: [factor]))
            }
            guard end < limit, tokens[end].kind == .symbol else { return chain }
            guard ["+", "-", "*", "/"].contains(tokens[end].text) else { return tokens[end].text == "%" ? nil : chain }
            symbol = tokens[end].text
            place = end + 1
        }
        return nil
    }

    /// The place behind the operand that begins at `start`, with its sign, casts and subscripts.
    func operandEnd(_ start: Int, _ limit: Int) -> Int? {
        var place = start
        while place < limit, tokens[place].kind == .symbol, ["+", "-"].contains(tokens[place].text) { place += 1 }
        guard place < limit, var end = primaryEnd(place, limit) else { return nil }
        while end < limit {
            if tokens[end].kind == .cast {
                end = typeName(from: end + 1, before: limit).end + 1
            } else if tokens[end].kind == .bracket {
                end += 1
            } else if word(at: end) == "at", word(at: end + 1) == "time", word(at: end + 2) == "zone" {
                end += 4
            } else {
                break
            }
        }
        return end <= limit ? end : nil
    }

    private func primaryEnd(_ place: Int, _ limit: Int) -> Int? {
        if let literal = datetimeLiteral(at: place) { return literal.end + 1 }
        let token = tokens[place]
        switch token.kind {
        case .string, .number, .parameter, .other: return place + 1
        case .symbol: return token.text == "(" ? closing(place).map { $0 + 1 } : nil
        case .cast, .bracket: return nil
        case .quotedName: break
        case .word:
            if token.word == "case" { return closingCase(place).map { $0 + 1 } }
            guard !Self.reserved.contains(token.word) else { return nil }
        }
        var end = place + 1
        while word(at: end) == ".", end + 1 < limit, tokens[end + 1].isName { end += 2 }
        guard word(at: end) == "(" else { return end }
        guard let close = closing(end) else { return nil }
        end = close + 1
        while ["filter", "over"].contains(word(at: end)) {
            end = word(at: end + 1) == "(" ? (closing(end + 1) ?? end + 1) + 1 : end + 2
        }
        return end
    }
}
