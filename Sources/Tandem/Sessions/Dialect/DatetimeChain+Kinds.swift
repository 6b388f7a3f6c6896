import PostgresWire

// What they are.
extension DialectRenderer {
    private static let moments: Set<String> = [
        "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "current_timestamp", "localtimestamp",
        "current_date", "date_trunc", "to_timestamp", "to_date", "make_date", "make_timestamp", "make_time",
    ]
    private static let intervals: Set<String> = [
        "make_interval", "age", "justify_days", "justify_hours", "justify_interval",
    ]
    private static let ofFirstArgument: Set<String> = [
        "max", "min", "coalesce", "greatest", "least", "nullif", "ifnull",
    ]

    /// Whether a word makes it worth while to look at what is computed.
    static func isOfDatetimes(_ word: String) -> Bool {
        moments.contains(word) || intervals.contains(word) || DatetimeLiteral.type(named: word) != nil
            || word == "timestamptz"
    }

    /// Nil if nothing in it tells of dates.
    func kind(of chain: DatetimeChain) -> DatetimeChain.Kind? {
        let kinds = chain.terms.map { kind(of: $0) }
        guard kinds.contains(where: { $0 != nil }), var result = kinds.first else { return nil }
        for (term, other) in zip(chain.terms, kinds).dropFirst() {
            result = Self.kind(result, term.symbol == "+", other)
        }
        return result ?? .open
    }

    static func kind(
        _ one: DatetimeChain.Kind?, _ isSum: Bool, _ other: DatetimeChain.Kind?
    ) -> DatetimeChain.Kind {
        switch (one, other) {
        case (.interval, .interval): .interval
        case (.datetime, .datetime): isSum ? .datetime : .interval
        case (.datetime, .interval): .datetime
        case (.datetime, _), (_, .datetime): isSum ? .datetime : .open
        default: .open
        }
    }

    func kind(of term: DatetimeChain.Term) -> DatetimeChain.Kind? {
        let kinds = term.factors.map { kind(ofOperand: $0.range) }
        guard kinds.count > 1 else { return kinds.first ?? nil }
        return kinds.contains { $0 != nil } ? .interval : nil
    }

    func kind(ofOperand range: Range<Int>) -> DatetimeChain.Kind? {
        var range = range
        while let first = range.first, tokens[first].kind == .symbol, ["+", "-"].contains(tokens[first].text) {
            range = range.dropFirst()
        }
        guard let first = range.first else { return nil }
        if typeBesideMinus(range) != nil { return .datetime }
        if let cast = lastCast(range) {
            guard let type = DatetimeLiteral.type(named: typeName(from: cast + 1, before: range.upperBound).name) else {
                return nil
            }
            return type == .interval ? .interval : .datetime
        }
        if let type = parameterType(range) { return type == .interval ? .interval : .datetime }
        if range.count > 4, word(at: range.upperBound - 2) == "zone", word(at: range.upperBound - 4) == "at" {
            return .datetime
        }
        if let literal = datetimeLiteral(at: first) { return literal.type == .interval ? .interval : .datetime }
        if word(at: first) == "(" {
            guard closing(first) == range.upperBound - 1,
                let chain = datetimeChain(at: first + 1, before: range.upperBound - 1),
                chain.end == range.upperBound - 1
            else { return nil }
            return kind(of: chain)
        }
        return kind(ofCall: first, range)
    }

    /// Whether the text says that it is a time of day, which nothing tells from an interval when it is computed.
    func isTimeOfDay(_ range: Range<Int>) -> Bool {
        guard let first = range.first else { return false }
        if let cast = lastCast(range) {
            return DatetimeLiteral.type(named: typeName(from: cast + 1, before: range.upperBound).name) == .time
        }
        return (datetimeLiteral(at: first)?.type ?? parameterType(range) ?? typeBesideMinus(range)) == .time
    }

    /// The type that columns tell of a date or time beside `-`; nil for all others.
    private func typeBesideMinus(_ range: Range<Int>) -> PostgresType? {
        if case .moments(let left, _)? = minuses[range.upperBound], let left { return left }
        if case .moments(_, let right)? = minuses[range.lowerBound - 1] { return right }
        return nil
    }

    /// The type of a parameter that is a date, a time or an interval; nil for all others.
    private func parameterType(_ range: Range<Int>) -> PostgresType? {
        guard range.count == 1, let place = range.first, tokens[place].kind == .parameter,
            let number = Int(tokens[place].text.dropFirst())
        else { return nil }
        return places.parameters[number]
    }

    func kind(ofCall first: Int, _ range: Range<Int>) -> DatetimeChain.Kind? {
        guard tokens[first].kind == .word else { return nil }
        let name = word(at: first)
        if Self.moments.contains(name) { return .datetime }
        guard word(at: first + 1) == "(", let close = closing(first + 1), close < range.upperBound else { return nil }
        if Self.intervals.contains(name) { return .interval }
        if name == "cast" {
            guard let type = parts(first + 2..<close, separatedBy: { $0.kind == .word && $0.word == "as" }).last,
                let known = DatetimeLiteral.type(named: typeName(from: type.lowerBound, before: close).name)
            else { return nil }
            return known == .interval ? .interval : .datetime
        }
        guard Self.ofFirstArgument.contains(name) else { return nil }
        for argument in list(first + 2..<close) {
            if let chain = datetimeChain(at: argument.lowerBound, before: argument.upperBound),
                chain.end == argument.upperBound, let kind = kind(of: chain)
            {
                return kind
            }
        }
        return nil
    }

    /// The last `::` of an operand, outside of parentheses.
    private func lastCast(_ range: Range<Int>) -> Int? {
        var depth = 0
        var last: Int?
        for place in range {
            if word(at: place) == "(" { depth += 1 }
            if word(at: place) == ")" { depth -= 1 }
            if depth == 0, tokens[place].kind == .cast { last = place }
        }
        return last
    }
}
