import PostgresWire

// What PostgreSQL's operators make of dates and intervals (its manual, table 9.33).
extension ExpressionTyper {
    /// The type of operands with `operators` between them; nil where none is a date, timestamp or interval, or where it is
    /// SQLite that computes, because nothing but names tells so.
    func datetimes(_ range: Range<Int>, _ operators: [Int]) -> ExpressionType? {
        var operands: [Range<Int>] = []
        var symbols: [String] = []
        var start = range.lowerBound
        for place in operators + [range.upperBound] {
            // A sign has nothing before it.
            if start == place, place < range.upperBound {
                start = place + 1
                continue
            }
            operands.append(start..<place)
            if place < range.upperBound, case .symbol(let symbol) = items[place] { symbols.append(symbol) }
            start = place + 1
        }
        let types = operands.map(type)
        guard zip(operands, types).contains(where: { $1.isOfDatetimes && !isName($0) }),
            symbols.count == types.count - 1
        else {
            return nil
        }
        return Self.sum(types, symbols)
    }

    /// A column, or a parameter, of which the translation knows no type.
    private func isName(_ range: Range<Int>) -> Bool {
        range.allSatisfy { place in
            switch items[place] {
            case .symbol(let symbol): symbol == "."
            case .name: true
            case .parameter(let number): parameter(number) == nil
            case .word(let word): !["current_date", "current_timestamp", "localtimestamp"].contains(word)
            default: false
            }
        }
    }

    /// Products first.
    private static func sum(_ types: [ExpressionType], _ symbols: [String]) -> ExpressionType {
        var terms = [types[0]]
        var signs: [String] = []
        for (symbol, type) in zip(symbols, types.dropFirst()) {
            if symbol == "+" || symbol == "-" {
                terms.append(type)
                signs.append(symbol)
            } else if let last = terms.last {
                let isInterval = last.type == .interval || type.type == .interval
                terms[terms.count - 1] = isInterval ? .known(.interval) : last.computed(with: type)
            }
        }
        return zip(signs, terms.dropFirst()).reduce(terms[0]) { $1.0 == "+" ? $0.plus($1.1) : $0.minus($1.1) }
    }
}

extension ExpressionType {
    var isOfDatetimes: Bool { type.map { $0.isDatetime || $0 == .interval } ?? false }

    /// The other of `timestamp` and `timestamptz`.
    fileprivate static let zones: [PostgresType: PostgresType] = [
        .timestamp: .timestamptz, .timestamptz: .timestamp, .date: .timestamp,
    ]

    /// What AT TIME ZONE makes of it.
    var inOtherZone: ExpressionType { type.flatMap { Self.zones[$0] }.map { .known($0) } ?? .unknown }

    fileprivate func plus(_ other: ExpressionType) -> ExpressionType {
        if isOfDatetimes, !other.isOfDatetimes { return Self.sum(self, other) }
        if other.isOfDatetimes, !isOfDatetimes { return Self.sum(other, self) }
        guard let one = type, let two = other.type else { return .unknown }
        if one == .interval { return two == .date ? .known(.timestamp) : other }
        if two == .interval { return one == .date ? .known(.timestamp) : self }
        if [one, two] == [.date, .time] || [one, two] == [.time, .date] { return .known(.timestamp) }
        return one.isNumber && two.isNumber ? or(other) : .unknown
    }

    /// Of a date or interval with something else: what is added to a moment is an interval, be it a text.
    private static func sum(_ one: ExpressionType, _ other: ExpressionType) -> ExpressionType {
        if one.type == .interval { return .unknown }
        if one.type == .date { return other.type?.isInteger == true ? one : .unknown }
        return one
    }

    fileprivate func minus(_ other: ExpressionType) -> ExpressionType {
        guard let one = type, let two = other.type else { return .unknown }
        if one == .date, two == .date { return .known(.int4) }
        if one == .date, two.isInteger { return self }
        if two == .interval { return one == .date ? .known(.timestamp) : isOfDatetimes ? self : .unknown }
        if one.isDatetime, two.isDatetime { return .known(.interval) }
        return one.isNumber && two.isNumber ? or(other) : .unknown
    }
}

extension Array where Element == SQLItem {
    /// The type of a literal with its type before it, such as `timestamp with time zone '…'`; nil for anything else.
    func datetimeLiteral(_ range: Range<Int>) -> PostgresType? { datetimeLiteralAndEnd(range)?.type }

    /// The same where the range is the literal and nothing else.
    func wholeDatetimeLiteral(_ range: Range<Int>) -> PostgresType? {
        guard let literal = datetimeLiteralAndEnd(range) else { return nil }
        return literal.end == range.upperBound ? literal.type : nil
    }

    private func datetimeLiteralAndEnd(_ range: Range<Int>) -> (type: PostgresType, end: Int)? {
        guard let first = range.first, case .word(let word) = self[first], var type = DatetimeLiteral.type(named: word)
        else {
            return nil
        }
        var place = first + 1
        if range.contains(place), self[place] == .symbol("(") { place = closing(place) + 1 }
        if range.contains(place + 2), self[place] == .word("with") || self[place] == .word("without") {
            if self[place] == .word("with"), type == .timestamp { type = .timestamptz }
            place += 3
        }
        guard range.contains(place), self[place] == .string else { return nil }
        if type == .interval, range.contains(place + 1), case .word(let unit) = self[place + 1],
            DatetimeLiteral.units.contains(unit)
        {
            place += 1
        }
        return (type, place + 1)
    }
}
